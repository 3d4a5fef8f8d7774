//! What there was in many simulated fleets, and whether everything that is to happen did. Knows no seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lockwork_test_support::history::{CallEnd, Deed, Line, Rule, Summary};

use super::fleet::Report;
use super::network::{
    LATE_REQUEST, LATE_WAKE_UP, LOST_REPLY, LOST_REQUEST, REPEATED_REQUEST, SLOW_REPLY, SLOW_REQUEST,
};
use super::plan::{BLOCKED, FAILED, PANICKED, What, kind_name};
use super::weather::Sky;
use crate::ErrorKind;

/// Everything that goes wrong in one fleet or another.
const FAULTS: [&str; 15] = [
    LATE_REQUEST,
    LATE_WAKE_UP,
    LOST_REPLY,
    LOST_REQUEST,
    REPEATED_REQUEST,
    SLOW_REPLY,
    SLOW_REQUEST,
    BLOCKED,
    What::Store(Sky::Fails).name(),
    What::Store(Sky::Refuses).name(),
    What::Store(Sky::Hangs).name(),
    What::CutOff(0, Sky::Fails).name(),
    What::CutOff(0, Sky::Hangs).name(),
    What::Frozen(0).name(),
    What::Dead(0).name(),
];

/// How calls end, but for their errors.
const ENDS: [&str; 2] = ["ok", "dropped"];

/// What there was in many fleets.
#[derive(Debug, Default)]
pub(super) struct Tally {
    fleets: u64,
    summary: Summary,
    /// Dead holders that were followed in time.
    followed: u64,
    /// How the calls ended.
    ends: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, report: &Report) {
        self.fleets += 1;
        self.summary += &report.verdict.summary;
        self.followed += report.followed.as_ref().copied().unwrap_or(0);
        for line in &report.lines {
            if let Line::Job { deed: Deed::Return { end, .. }, .. } = line {
                let [ok, dropped] = ENDS;
                let end = match end {
                    CallEnd::Ok(_) => ok,
                    CallEnd::Error(kind) => kind,
                    CallEnd::Dropped => dropped,
                };
                *self.ends.entry(end.to_owned()).or_default() += 1;
            }
        }
    }

    /// Asserts that everything has happened that is to happen.
    pub(super) fn assert_everything_happened(&self) {
        let Summary { faults, refused_writes, exhausted_jobs, takeovers, cut, .. } = &self.summary;
        let happened: BTreeSet<_> = faults.keys().map(String::as_str).collect();
        assert_eq!(happened, BTreeSet::from(FAULTS), "each of these is to go wrong");
        let kinds = [ErrorKind::Busy, ErrorKind::Exhausted, ErrorKind::Store, ErrorKind::Unrecorded].map(kind_name);
        let ends = ENDS.into_iter().chain([FAILED, PANICKED]).map(str::to_owned).chain(kinds);
        assert_eq!(self.ends.keys().cloned().collect::<BTreeSet<_>>(), ends.collect(), "calls are to end in each way");
        for count in [self.followed, *refused_writes, *exhausted_jobs, *takeovers, *cut] {
            assert!(0 < count, "too little happened: {self}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fleets, summary, followed, ends } = self;
        let ends: Vec<_> = ends.iter().map(|(end, count)| format!("{count} {end}")).collect();
        write!(f, "{fleets} fleets: {summary}; calls ended: {}; ", ends.join(", "))?;
        writeln!(f, "{followed} dead holders followed at the end of their leases")?;
        let rules: Vec<_> = Rule::ALL.iter().map(|rule| format!("{rule:?} 0")).collect();
        write!(f, "violations: {}", rules.join(", "))
    }
}
