//! What a fleet has to do: all of it follows from a seed. Knows no store and no process.

use std::time::Duration;

use lockwork::Job;
use lockwork_test_support::draw;

/// The jobs of a fleet, of which there is no end.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// What everything follows from.
    pub seed: u64,
    /// How many members there are at a time.
    pub members: u64,
}

/// What one body does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// How long it works.
    pub work: Duration,
    /// How it ends.
    pub ending: Ending,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returns its fence.
    Work,
    /// It returns an error.
    Fail,
    /// It panics.
    Panic,
    /// Its process dies.
    Die,
    /// It blocks its thread for longer than its lease, and returns its fence then.
    Block,
}

/// The leases that jobs have, in milliseconds.
const LEASES: [u64; 4] = [1000, 1200, 1500, 2000];

/// How many attempts jobs have.
const MOST_ATTEMPTS: [u32; 5] = [3, 5, 8, 12, 40];

/// The pauses after a first failure that jobs have, in milliseconds.
const BACKOFFS: [u64; 3] = [0, 20, 100];

/// How long records are kept: longer than any run.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

impl Workload {
    /// The key of a job.
    #[must_use]
    pub fn key(index: u64) -> String {
        format!("job-{index}")
    }

    /// Which job has this key.
    #[must_use]
    pub fn index(key: &str) -> Option<u64> {
        key.strip_prefix("job-")?.parse().ok()
    }

    /// Whether the member in this slot calls this job. Two to four of them do.
    #[must_use]
    pub fn is_called_by(&self, index: u64, slot: u64) -> bool {
        let [first, callers] = [self.draw(("first", index)), 2 + self.draw(("callers", index)) % 3];
        (slot + self.members - first % self.members) % self.members < callers
    }

    /// The jobs that this member calls, from this one on.
    pub fn called_by(self, slot: u64, from: u64) -> impl Iterator<Item = u64> {
        (from..).filter(move |index| self.is_called_by(*index, slot))
    }

    fn lease(&self, index: u64) -> Duration {
        Duration::from_millis(self.one_of(&LEASES, ("lease", index)))
    }

    /// How many attempts a job has.
    #[must_use]
    pub fn max_attempts(&self, index: u64) -> u32 {
        self.one_of(&MOST_ATTEMPTS, ("attempts", index))
    }

    /// The job, as lockwork is told of it. One that is given up stays so.
    #[must_use]
    pub fn job(&self, index: u64) -> Job {
        Job::new(Self::key(index))
            .timeout(self.lease(index))
            .max_attempts(self.max_attempts(index))
            .backoff(Duration::from_millis(self.one_of(&BACKOFFS, ("backoff", index))))
            .cooldown(KEPT)
            .retain(KEPT)
    }

    /// What the body of an attempt with this number does.
    #[must_use]
    pub fn act(&self, index: u64, attempt: u32) -> Act {
        let chance = |what: &str, of: u64| self.draw((what, index, attempt)) % of;
        let lease = self.lease(index);
        let work = match chance("pace", 100) {
            0..80 => Duration::from_millis(2 + chance("work", 40)),
            80..95 => lease * u32::try_from(2 + chance("work", 9)).unwrap_or(2) / 10,
            _ => lease * u32::try_from(10 + chance("work", 16)).unwrap_or(10) / 10,
        };
        let ending = match chance("ending", 1000) {
            0..2 => Ending::Die,
            2..6 => Ending::Block,
            6..36 => Ending::Panic,
            36..180 => Ending::Fail,
            _ => Ending::Work,
        };
        Act { work, ending }
    }

    /// For how long a body of this job blocks its thread.
    #[must_use]
    pub fn block(&self, index: u64) -> Duration {
        self.lease(index) * 3 / 2
    }

    /// When the caller in this slot drops its first call of this job, if it does.
    #[must_use]
    pub fn drops_after(&self, index: u64, slot: u64) -> Option<Duration> {
        let chance = self.draw(("drop", index, slot));
        (chance.is_multiple_of(12)).then(|| Duration::from_millis(1 + chance / 12 % 200))
    }

    fn draw(&self, name: impl std::hash::Hash) -> u64 {
        draw(self.seed, name)
    }

    fn one_of<T: Copy>(&self, all: &[T], name: impl std::hash::Hash) -> T {
        all[usize::try_from(self.draw(name) % all.len() as u64).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKLOAD: Workload = Workload { seed: 7, members: 6 };

    #[test]
    fn every_job_has_two_to_four_callers() {
        for index in 0..500 {
            let callers = (0..WORKLOAD.members).filter(|slot| WORKLOAD.is_called_by(index, *slot)).count();
            assert!((2..=4).contains(&callers), "job {index} has {callers} callers");
        }
    }

    #[test]
    fn everything_happens_to_some_job() {
        let endings: Vec<_> = (0..2000).map(|index| WORKLOAD.act(index, 1).ending).collect();
        for ending in [Ending::Work, Ending::Fail, Ending::Panic, Ending::Die, Ending::Block] {
            assert!(endings.contains(&ending), "{ending:?}");
        }
        assert!((0..200).any(|index| WORKLOAD.drops_after(index, 0).is_some()));
    }

    #[test]
    fn keys_lead_back_to_their_jobs() {
        assert_eq!(Workload::index(&Workload::key(42)), Some(42));
        assert_eq!(Workload::index("job-x"), None);
    }
}
