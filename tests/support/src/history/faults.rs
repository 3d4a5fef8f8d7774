//! Which faults have been in force, and for whom, counted so that a call can tell whether it was hit. Knows no rules.

use std::collections::{BTreeMap, HashMap};

/// Whom a fault concerns: a process or all of them, a job or all of them.
pub(super) type Target = (Option<u32>, Option<usize>);

/// The faults of a history up to some line.
#[derive(Debug, Default)]
pub(super) struct Faults {
    by_target: HashMap<Target, Count>,
    in_force: HashMap<u32, Target>,
    /// How many of each kind there were.
    pub(super) kinds: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    begun: u64,
    in_force: u64,
}

/// What a call has seen of faults when it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    begun: u64,
    is_in_one: bool,
}

impl Faults {
    /// Says whether no other fault that is in force has this number.
    pub(super) fn begin(&mut self, number: u32, target: Target, kind: &str) -> bool {
        self.strike(target, kind);
        self.by_target.entry(target).or_default().in_force += 1;
        self.in_force.insert(number, target).is_none()
    }

    /// Says whether there was one of this number.
    pub(super) fn end(&mut self, number: u32) -> bool {
        let Some(target) = self.in_force.remove(&number) else { return false };
        self.by_target.entry(target).or_default().in_force -= 1;
        true
    }

    pub(super) fn strike(&mut self, target: Target, kind: &str) {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        self.by_target.entry(target).or_default().begun += 1;
    }

    /// What a call of this process and job sees when it begins.
    pub(super) fn sight(&self, process: u32, job: usize) -> Sight {
        let count = self.count(process, job);
        Sight { begun: count.begun, is_in_one: 0 < count.in_force }
    }

    /// Whether a call that saw this when it began was hit by a fault since.
    pub(super) fn have_hit(&self, process: u32, job: usize, sight: Sight) -> bool {
        sight.is_in_one || sight.begun < self.count(process, job).begun
    }

    fn count(&self, process: u32, job: usize) -> Count {
        let targets = [(None, None), (Some(process), None), (None, Some(job)), (Some(process), Some(job))];
        targets.iter().filter_map(|target| self.by_target.get(target)).fold(Count::default(), |sum, count| Count {
            begun: sum.begun + count.begun,
            in_force: sum.in_force + count.in_force,
        })
    }
}
