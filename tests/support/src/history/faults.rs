//! Which faults have been in force, and for whom, counted so that a call can tell whether it was hit. Knows no rules.

use std::collections::{BTreeMap, HashMap};

/// Whom a fault concerns: a process or all of them, a job or all of them.
pub(super) type Target = (Option<u32>, Option<usize>);

/// The faults of a history up to some line.
#[derive(Debug, Default)]
pub(super) struct Faults {
    by_target: HashMap<Target, Count>,
    in_force: HashMap<u32, InForce>,
    /// How many calls of each process are open.
    open: HashMap<u32, u64>,
    /// How many of each kind there were, and how many of these met a call.
    pub(super) kinds: BTreeMap<String, u64>,
    pub(super) felt: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct InForce {
    target: Target,
    kind: String,
    /// Whether it has met a call.
    is_felt: bool,
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
        let is_felt = self.count_kind(target, kind);
        self.by_target.entry(target).or_default().in_force += 1;
        self.in_force.insert(number, InForce { target, kind: kind.to_owned(), is_felt }).is_none()
    }

    /// Says whether there was one of this number.
    pub(super) fn end(&mut self, number: u32) -> bool {
        let Some(fault) = self.in_force.remove(&number) else { return false };
        self.by_target.entry(fault.target).or_default().in_force -= 1;
        true
    }

    pub(super) fn strike(&mut self, target: Target, kind: &str) {
        self.count_kind(target, kind);
    }

    /// Counts another fault of this kind. Says whether it meets a call.
    fn count_kind(&mut self, target: Target, kind: &str) -> bool {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        self.by_target.entry(target).or_default().begun += 1;
        let is_felt = match target.0 {
            Some(process) => self.open.get(&process).is_some_and(|open| 0 < *open),
            None => self.open.values().any(|open| 0 < *open),
        };
        *self.felt.entry(kind.to_owned()).or_default() += u64::from(is_felt);
        is_felt
    }

    /// A process has one call more.
    pub(super) fn call(&mut self, process: u32) {
        *self.open.entry(process).or_default() += 1;
        let meets = |fault: &&mut InForce| !fault.is_felt && fault.target.0.is_none_or(|target| target == process);
        for fault in self.in_force.values_mut().filter(meets) {
            fault.is_felt = true;
            *self.felt.entry(fault.kind.clone()).or_default() += 1;
        }
    }

    /// A process has one call less.
    pub(super) fn end_call(&mut self, process: u32) {
        if let Some(open) = self.open.get_mut(&process) {
            *open -= 1;
        }
    }

    /// A process has no calls any more.
    pub(super) fn end_calls(&mut self, process: u32) {
        self.open.remove(&process);
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
