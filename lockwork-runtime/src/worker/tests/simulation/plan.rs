//! What is to happen in a fleet, drawn from its seed. Knows no workers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lockwork_test_support::history::{self, End, Rule};

use super::network::Chance;
use super::weather::Sky;
use crate::random::{draw, up_to};
use crate::{ErrorKind, Job};

/// How long a call may take at most: each attempt its lease, its body and its pause, and whatever goes wrong.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// What kinds of things go wrong in a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Climate {
    /// Bodies fail, and callers leave.
    Fair,
    /// Besides, processes die.
    Deadly,
    /// Besides, everything that can go wrong with requests and processes.
    Rough,
}

/// Everything that is drawn before a fleet begins.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) climate: Climate,
    pub(super) patience: Duration,
    pub(super) chance: Chance,
    pub(super) jobs: Vec<PlannedJob>,
    /// The calls of each process.
    pub(super) processes: Vec<Vec<PlannedCall>>,
    pub(super) troubles: Vec<Trouble>,
}

/// A job, and what its bodies are like.
#[derive(Clone, Debug)]
pub(super) struct PlannedJob {
    pub(super) key: String,
    pub(super) job: Job,
    pub(super) lease: Duration,
    pub(super) max_attempts: u32,
    pub(super) has_wait: bool,
    pub(super) has_max_run: bool,
    /// Whether its bodies may block their executor, and what they write may be slow.
    pub(super) may_block: bool,
    /// How many of its bodies fail, in percent.
    pub(super) failing: u8,
}

/// One call of a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedCall {
    /// Which of the jobs.
    pub(super) job: usize,
    pub(super) start: Duration,
    /// When it is dropped by its caller, if it is.
    pub(super) dropped_after: Option<Duration>,
}

/// Something that goes wrong for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) what: What,
    pub(super) start: Duration,
    pub(super) lasts: Duration,
}

/// What goes wrong. Processes are named by their place.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// With all requests.
    Store(Sky),
    /// With the requests of a process.
    CutOff(usize, Sky),
    /// A process stands still as a whole.
    Frozen(usize),
    /// A process is killed.
    Dead(usize),
}

impl What {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Store(Sky::Fails) => "store down",
            Self::Store(Sky::Refuses) => "store refusing",
            Self::Store(Sky::Hangs) => "store frozen",
            Self::CutOff(_, Sky::Hangs) => "process without answers",
            Self::CutOff(..) => "process cut off",
            Self::Frozen(_) => "process frozen",
            Self::Dead(_) => "dead process",
        }
    }
}

/// The name of the kind that a body brings about.
pub(super) const BLOCKED: &str = "executor blocked";

pub(super) fn happens(percent: u8) -> bool {
    draw::<u8>() % 100 < percent
}

/// Any number below `most`.
fn below(most: usize) -> usize {
    draw::<u32>() as usize % most
}

impl Plan {
    pub(super) fn draw() -> Self {
        let climate = match below(10) {
            0 => Climate::Fair,
            1 => Climate::Deadly,
            _ => Climate::Rough,
        };
        let jobs: Vec<_> = (1..=1 + below(4)).map(|number| PlannedJob::draw(number, climate)).collect();
        let longest = jobs.iter().map(|job| job.lease).max().expect("there is one");
        let share = if climate == Climate::Rough { draw::<u8>() % 25 } else { 0 };
        let count = 1 + below(4);
        let processes = (0..count).map(|_| PlannedCall::draw_some(&jobs, longest)).collect();
        let troubles = match climate {
            Climate::Fair => Vec::new(),
            Climate::Deadly => (0..1 + below(2)).map(|_| Trouble::draw_death(count, longest)).collect(),
            Climate::Rough => (0..below(4)).map(|_| Trouble::draw(count, longest)).collect(),
        };
        let patience = longest + up_to(longest * 10);
        let is_near = climate != Climate::Rough || happens(30);
        let latency = if is_near { Duration::ZERO } else { up_to(Duration::from_millis(30)) };
        let chance = Chance { share, longest: longest * 2, latency };
        Self { climate, patience, chance, jobs, processes, troubles }
    }

    /// What its history has to keep to.
    pub(super) fn rules(&self) -> BTreeMap<String, history::Job> {
        self.jobs.iter().map(|job| (job.key.clone(), self.rules_of(job))).collect()
    }

    fn rules_of(&self, planned: &PlannedJob) -> history::Job {
        let mut kinds = BTreeSet::from([kind_name(ErrorKind::Exhausted)]);
        if planned.has_wait {
            kinds.insert(kind_name(ErrorKind::Busy));
        }
        if self.climate == Climate::Rough {
            kinds.extend([ErrorKind::Store, ErrorKind::Unrecorded].map(kind_name));
        }
        if 0 < planned.failing {
            kinds.extend([FAILED, PANICKED].map(str::to_owned));
        }
        let job = history::Job::new(planned.max_attempts).may_end(End::Exhausted);
        // A process or an executor that stands still drops its bodies when it goes on.
        let job = if self.climate == Climate::Rough { job.excused_from(Rule::CutInTime) } else { job };
        // A body that ran too long has failed, and is followed.
        let job = if planned.has_max_run { job.excused_from(Rule::HolderIsKept) } else { job };
        kinds.into_iter().fold(job, history::Job::may_fail)
    }
}

/// What a call ends with when it returns the body's own error, and when that panics.
pub(super) const FAILED: &str = "Failed";
pub(super) const PANICKED: &str = "Panicked";

/// What a call ends with that lockwork has lost, which no job allows.
pub(super) const LOST: &str = "Lost";

pub(super) fn kind_name(kind: ErrorKind) -> String {
    format!("{kind:?}")
}

impl PlannedJob {
    fn draw(number: usize, climate: Climate) -> Self {
        let key = format!("job-{number}");
        let lease = Duration::from_millis(200) + up_to(Duration::from_secs(2));
        let max_attempts = 1 + draw::<u32>() % 5;
        // The cooldown is long, so that one series is all there is.
        let mut job = Job::new(&key).timeout(lease).max_attempts(max_attempts).cooldown(LONGEST * 1000);
        job = job.backoff(if happens(50) { Duration::ZERO } else { up_to(lease) });
        let (has_wait, has_max_run) = (happens(20), happens(20));
        if has_wait {
            job = job.wait(if happens(30) { Duration::ZERO } else { up_to(lease * 2) });
        }
        if has_max_run {
            job = job.max_run(Duration::from_millis(1) + up_to(lease * 2));
        }
        let failing = if happens(30) { 0 } else { draw::<u8>() % 80 };
        let may_block = climate == Climate::Rough;
        Self { key, job, lease, max_attempts, has_wait, has_max_run, may_block, failing }
    }

    /// The same for somebody who waits as long as it takes, and whose body works.
    pub(super) fn in_earnest(&self) -> Self {
        let job = self.job.clone().wait(LONGEST * 1000).max_run(LONGEST * 1000);
        Self { job, has_max_run: false, may_block: false, failing: 0, ..self.clone() }
    }
}

impl PlannedCall {
    fn draw_some(jobs: &[PlannedJob], longest: Duration) -> Vec<Self> {
        let jobs = (0..jobs.len()).filter(|_| happens(80));
        jobs.flat_map(|job| (0..1 + below(3)).map(move |_| job)).map(|job| Self::draw(job, longest)).collect()
    }

    fn draw(job: usize, longest: Duration) -> Self {
        let start = up_to(longest * 3);
        Self { job, start, dropped_after: happens(20).then(|| up_to(longest * 4)) }
    }
}

impl Trouble {
    fn draw(processes: usize, longest: Duration) -> Self {
        let process = below(processes);
        let what = match below(9) {
            0 => What::Store(Sky::Fails),
            1 => What::Store(Sky::Refuses),
            2 => What::Store(Sky::Hangs),
            3 => What::CutOff(process, Sky::Hangs),
            4 => What::CutOff(process, Sky::Fails),
            5 | 6 => What::Frozen(process),
            _ => What::Dead(process),
        };
        Self { what, start: up_to(longest * 5), lasts: up_to(longest * 4) }
    }

    fn draw_death(processes: usize, longest: Duration) -> Self {
        Self { what: What::Dead(below(processes)), start: up_to(longest * 5), lasts: Duration::ZERO }
    }
}
