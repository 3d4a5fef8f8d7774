//! What there was in a history, in numbers. Knows no rules.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// The numbers of a history, or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Jobs that were called.
    pub jobs: u64,
    /// Jobs with a call that was open while a fault was in force for it.
    pub faulted_jobs: u64,
    /// Jobs that are completed in the end.
    pub completed_jobs: u64,
    /// Jobs that are given up in the end.
    pub exhausted_jobs: u64,
    /// Calls that were made.
    pub calls: u64,
    /// Bodies that were begun.
    pub bodies: u64,
    /// Bodies that failed.
    pub failed: u64,
    /// Bodies that were dropped.
    pub cut: u64,
    /// Bodies that were begun after one that neither failed nor was handed back.
    pub takeovers: u64,
    /// Writes that the outside resource refused.
    pub refused_writes: u64,
    /// Processes that died.
    pub deaths: u64,
    /// Faults of each kind.
    pub faults: BTreeMap<String, u64>,
    /// How many faults of each kind found a call open, or had one begun under them.
    pub felt: BTreeMap<String, u64>,
}

impl AddAssign<&Self> for Summary {
    fn add_assign(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.faulted_jobs += other.faulted_jobs;
        self.completed_jobs += other.completed_jobs;
        self.exhausted_jobs += other.exhausted_jobs;
        self.calls += other.calls;
        self.bodies += other.bodies;
        self.failed += other.failed;
        self.cut += other.cut;
        self.takeovers += other.takeovers;
        self.refused_writes += other.refused_writes;
        self.deaths += other.deaths;
        for (all, more) in [(&mut self.faults, &other.faults), (&mut self.felt, &other.felt)] {
            for (kind, count) in more {
                *all.entry(kind.clone()).or_default() += count;
            }
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { jobs, faulted_jobs, completed_jobs, exhausted_jobs, calls, bodies, failed, cut, .. } = self;
        write!(f, "{jobs} jobs ({faulted_jobs} faulted, {completed_jobs} completed, {exhausted_jobs} exhausted), ")?;
        write!(f, "{calls} calls, {bodies} bodies begun ({failed} failed, {cut} cut), {} takeovers, ", self.takeovers)?;
        write!(f, "{} writes refused, {} processes dead; faults: ", self.refused_writes, self.deaths)?;
        let faults: Vec<_> = self.faults.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        f.write_str(if faults.is_empty() { "none" } else { "" })?;
        f.write_str(&faults.join(", "))
    }
}
