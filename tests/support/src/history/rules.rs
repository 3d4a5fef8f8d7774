//! What must hold of a history, in names, and what a workload says of its jobs. Knows no lines.

use std::collections::BTreeSet;

/// The rules. Each is broken by one history of the tests, and by that one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// At most one completion of a job is accepted.
    OneCompletion,
    /// Every `Ok` of a job is the same value, byte for byte.
    OneAnswer,
    /// A completion that somebody was told of is what the store has in the end.
    AnswerIsKept,
    /// The recorded value is that of a body which returned it.
    WorkWasDone,
    /// The recorded value is that of the latest attempt, which is the one with the highest fence.
    LatestCompletes,
    /// No attempt has a higher number than the job allows, and no more bodies are begun, those that may have been
    /// handed back not counted.
    AttemptsAreBounded,
    /// No attempt has a lower number than the one before; nor the same, unless that one may have been handed back.
    AttemptsIncrease,
    /// The record has at least as many attempts as bodies were begun, and a completed one has the number of the
    /// attempt that completed it. It may have more: a claim that was not answered in time is spent too.
    AttemptsAreRecorded,
    /// Where nothing went wrong, the record has no more attempts than bodies were begun.
    AttemptsAreUsed,
    /// A job is not given up before all of its attempts are spent.
    AttemptsAreExhausted,
    /// Each attempt has a higher fence than the one before.
    FencesIncrease,
    /// No body is begun once somebody was told that the job is completed.
    NoneAfterAnswer,
    /// A body does not run on once another one was begun. Only what a blocked body does in one breath may break it.
    NoOverlap,
    /// A body that is dropped is dropped before another one is begun. Only a process that stands still is too late.
    CutInTime,
    /// Every call ends, unless its process dies.
    EveryCallReturns,
    /// A call fails only as the workload allows.
    ErrorIsAllowed,
    /// A job ends only as the workload allows.
    EndIsAllowed,
    /// An outside resource that was written with a fence takes no lower one afterwards.
    ResourceIsFenced,
    /// Everything in the history follows on what it needs: an end on a begin, a begin on a call, and nothing on a death.
    HistoryIsWhole,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::OneCompletion,
        Self::OneAnswer,
        Self::AnswerIsKept,
        Self::WorkWasDone,
        Self::LatestCompletes,
        Self::AttemptsAreBounded,
        Self::AttemptsIncrease,
        Self::AttemptsAreRecorded,
        Self::AttemptsAreUsed,
        Self::AttemptsAreExhausted,
        Self::FencesIncrease,
        Self::NoneAfterAnswer,
        Self::NoOverlap,
        Self::CutInTime,
        Self::EveryCallReturns,
        Self::ErrorIsAllowed,
        Self::EndIsAllowed,
        Self::ResourceIsFenced,
        Self::HistoryIsWhole,
    ];
}

/// How a job stands at the end of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The store has no record of it.
    Absent,
    /// Somebody is at it, or may be.
    Unfinished,
    /// All attempts are spent.
    Exhausted,
    /// It has a value.
    Completed,
}

/// What a store says of a job at the end of a history. One without a record is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// It has a value.
    Completed {
        /// The number of the attempt that completed it.
        attempts: u32,
        /// The value.
        value: String,
    },
    /// All attempts are spent.
    Exhausted {
        /// How many there were.
        attempts: u32,
    },
    /// Somebody is at it, or may be.
    Unfinished {
        /// How many attempts are spent, the running one included.
        attempts: u32,
    },
}

impl Record {
    pub(super) fn attempts(&self) -> u32 {
        let (Self::Completed { attempts, .. } | Self::Exhausted { attempts } | Self::Unfinished { attempts }) = self;
        *attempts
    }

    pub(super) fn end(&self) -> End {
        match self {
            Self::Completed { .. } => End::Completed,
            Self::Exhausted { .. } => End::Exhausted,
            Self::Unfinished { .. } => End::Unfinished,
        }
    }
}

/// What the workload says of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub(super) max_attempts: u32,
    pub(super) ends: BTreeSet<End>,
    pub(super) errors: BTreeSet<String>,
    pub(super) excused: BTreeSet<Rule>,
}

impl Job {
    /// A job that is to be completed, and whose calls never fail.
    #[must_use]
    pub fn new(max_attempts: u32) -> Self {
        let ends = BTreeSet::from([End::Completed]);
        Self { max_attempts, ends, errors: BTreeSet::new(), excused: BTreeSet::new() }
    }

    /// It may also end like this.
    #[must_use]
    pub fn may_end(mut self, end: End) -> Self {
        self.ends.insert(end);
        self
    }

    /// Its calls may also end with errors of this kind.
    #[must_use]
    pub fn may_fail(mut self, kind: impl Into<String>) -> Self {
        self.errors.insert(kind.into());
        self
    }

    /// It need not keep this rule.
    #[must_use]
    pub fn excused_from(mut self, rule: Rule) -> Self {
        self.excused.insert(rule);
        self
    }
}
