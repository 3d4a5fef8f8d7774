//! The record and its transitions, pure: no I/O, no clock, no runtime. What this file says is the protocol.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::policy::Policy;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use wire::{RecordError, keep_room};

/// What a store keeps for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Orders the writes of a key; that of a claim is its attempt's fence.
    pub revision: u64,
    /// How many attempts of the series have been begun, those that were handed back not counted.
    pub attempts: u32,
    /// Who made the last attempt.
    pub holder: Holder,
    /// For how long the record is kept, from its last write; `None` is for ever.
    pub keep: Option<Duration>,
    /// How long the attempt took that completed the job, from its claim on, in whole milliseconds, as its process
    /// measured it; `None` as long as none has.
    pub took: Option<Duration>,
    /// How the job stands.
    pub state: State,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// An attempt is the holder's, while the record is younger than the lease.
    Running {
        /// The series of attempts that this one belongs to.
        series: Series,
        /// How long the holder counts as alive since its last sign of life.
        lease: Duration,
    },
    /// The last attempt failed or was handed back; the next may begin when the record is older than the pause.
    Waiting {
        /// The series of attempts that goes on.
        series: Series,
        /// How long nobody begins.
        pause: Duration,
        /// Why the last attempt came to nothing.
        error: String,
    },
    /// All attempts are spent; a new series may begin when the record is older than the cooldown.
    Exhausted {
        /// The series of attempts that is over.
        series: Series,
        /// How long nobody begins.
        cooldown: Duration,
        /// Why the last attempt failed.
        error: String,
    },
    /// Completed.
    Done {
        /// What the function returned.
        value: Value,
    },
}

/// What a completed function returned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// The value, as JSON.
    Json(Box<str>),
    /// The value cannot be handed on, for this reason.
    Unshared(String),
}

/// Who runs an attempt: the nonce is for machines, the label for people.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    pub(crate) nonce: Nonce,
    pub(crate) label: Arc<str>,
}

impl Holder {
    /// A holder whose label is `HOST/PID`, or anything else without control characters.
    pub(crate) fn new(nonce: Nonce, label: impl Into<Arc<str>>) -> Self {
        Self { nonce, label: label.into() }
    }

    /// `HOST/PID` of the process.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holder({})", self.label)
    }
}

/// 128 random bits that only one attempt has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonce(pub(crate) u128);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It is what proves an attempt to be its holder's, so it is kept out of logs.
        f.write_str("Nonce(..)")
    }
}

/// 128 random bits that all attempts of a series share: the idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Series(pub(crate) u128);

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A record, and how long ago it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) record: Arc<Record>,
    /// On the store's clock alone; `None` when the store has not been asked.
    pub(crate) age: Option<Duration>,
}

impl Sighting {
    /// A record of which the store says that it keeps it for `left` more.
    pub(crate) fn kept_for(record: Record, left: Option<Duration>) -> Self {
        let age = match (record.keep, left) {
            (Some(keep), Some(left)) => Some(keep.saturating_sub(left)),
            // It is kept for ever, so it is finished, and a finished record needs no age.
            _ => None,
        };
        Self { record: Arc::new(record), age }
    }
}

/// What somebody wants of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// To begin an attempt.
    Claim {
        /// The identity of a new series, should one begin.
        fresh: Series,
        /// The series whose fate has been waited for. When it is exhausted, that is the fate, however short the cooldown.
        awaited: Option<Series>,
    },
    /// To give a sign of life.
    Renew,
    /// To record the completion.
    Complete {
        value: Value,
        /// How long the attempt took. For people: it decides nothing.
        took: Duration,
    },
    /// To record a failed attempt.
    Fail(String),
    /// To give the attempt back, uncounted.
    HandBack,
}

/// In whose name a transition is made.
#[derive(Clone, Debug)]
pub(crate) struct Actor<'a> {
    pub(crate) nonce: Nonce,
    pub(crate) label: &'a Arc<str>,
    pub(crate) policy: &'a Policy,
    /// What the store's clock says, about, in microseconds since the Unix epoch. It only feeds the revision.
    pub(crate) clock: u64,
}

/// What is to be done about a transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Swap what was seen for this; when that succeeds the transition has happened.
    Write(Arc<Record>),
    /// The transition has happened already: the reply to an earlier swap was lost.
    Mine,
    /// It depends on the record's age, which is not known: read the record.
    Look,
    /// Somebody else's lease, or a pause, has this long to go.
    Busy(Duration),
    /// All attempts are spent, and the cooldown has this long to go.
    GivenUp(Duration),
    /// Completed; the record has the value.
    Done,
    /// The attempt is not the actor's any more.
    Lost,
}

/// What `transition` comes to when `seen` is there.
pub(crate) fn decide(seen: Option<&Sighting>, transition: &Transition, actor: &Actor<'_>) -> Decision {
    match transition {
        Transition::Claim { fresh, awaited } => claim(seen, *fresh, *awaited, actor),
        Transition::Renew => match mine(seen, actor) {
            Some((record, series)) => Decision::Write(actor.running(Some(record), record.attempts, series)),
            None => Decision::Lost,
        },
        Transition::Complete { value, took } => match mine(seen, actor) {
            Some((record, _)) => Decision::Write(actor.done(record, value.clone(), *took)),
            None => settled_or_lost(seen, actor, |state| matches!(state, State::Done { .. })),
        },
        Transition::Fail(error) => match mine(seen, actor) {
            Some((record, series)) => Decision::Write(actor.failed(record, series, error)),
            None => {
                settled_or_lost(seen, actor, |state| matches!(state, State::Waiting { .. } | State::Exhausted { .. }))
            }
        },
        Transition::HandBack => match mine(seen, actor) {
            Some((record, series)) => Decision::Write(actor.handed_back(record, series)),
            None => settled_or_lost(seen, actor, |state| matches!(state, State::Waiting { .. })),
        },
    }
}

fn claim(seen: Option<&Sighting>, fresh: Series, awaited: Option<Series>, actor: &Actor<'_>) -> Decision {
    let Some(Sighting { record, age }) = seen else {
        return Decision::Write(actor.running(None, 1, fresh));
    };
    match &record.state {
        State::Running { .. } if record.holder.nonce == actor.nonce => Decision::Mine,
        State::Running { series, lease } => match time_left(*lease, *age) {
            None => Decision::Look,
            Some(Duration::ZERO) => {
                let silent = format!("no sign of life from {} for {lease:?}", record.holder.label);
                actor.next_attempt(record, *series, &silent)
            }
            Some(left) => Decision::Busy(left),
        },
        State::Waiting { series, pause, error } => match time_left(*pause, *age) {
            None => Decision::Look,
            Some(Duration::ZERO) => actor.next_attempt(record, *series, error),
            Some(left) => Decision::Busy(left),
        },
        State::Exhausted { series, cooldown, .. } => match time_left(*cooldown, *age) {
            None => Decision::Look,
            Some(Duration::ZERO) if awaited != Some(*series) => Decision::Write(actor.running(Some(record), 1, fresh)),
            Some(left) => Decision::GivenUp(left),
        },
        State::Done { .. } => Decision::Done,
    }
}

/// What is left of `span` at `age`; not known when it depends on an age that is not.
fn time_left(span: Duration, age: Option<Duration>) -> Option<Duration> {
    if span.is_zero() { Some(Duration::ZERO) } else { age.map(|age| span.saturating_sub(age)) }
}

/// The record and its series, if it is the actor's running attempt.
fn mine<'a>(seen: Option<&'a Sighting>, actor: &Actor<'_>) -> Option<(&'a Record, Series)> {
    let record = &seen?.record;
    match record.state {
        State::Running { series, .. } if record.holder.nonce == actor.nonce => Some((record, series)),
        _ => None,
    }
}

/// Whether the actor itself brought the record into a state that `is_settled`, by a swap whose reply was lost.
fn settled_or_lost(seen: Option<&Sighting>, actor: &Actor<'_>, is_settled: impl Fn(&State) -> bool) -> Decision {
    match seen {
        Some(Sighting { record, .. }) if record.holder.nonce == actor.nonce && is_settled(&record.state) => {
            Decision::Mine
        }
        _ => Decision::Lost,
    }
}

impl Actor<'_> {
    fn holder(&self) -> Holder {
        Holder::new(self.nonce, Arc::clone(self.label))
    }

    /// The attempt that follows on a dead, failed or handed back one, if there is one left.
    fn next_attempt(&self, record: &Record, series: Series, error: &str) -> Decision {
        if record.attempts < self.policy.max_attempts {
            Decision::Write(self.running(Some(record), record.attempts + 1, series))
        } else {
            Decision::Write(self.exhausted(record, record.holder.clone(), series, error))
        }
    }

    fn running(&self, before: Option<&Record>, attempts: u32, series: Series) -> Arc<Record> {
        let lease = self.policy.timeout;
        Arc::new(Record {
            revision: self.revision(before),
            attempts,
            holder: self.holder(),
            keep: Some(self.policy.keep_unfinished(lease)),
            took: None,
            state: State::Running { series, lease },
        })
    }

    fn done(&self, before: &Record, value: Value, took: Duration) -> Arc<Record> {
        Arc::new(Record {
            revision: self.revision(Some(before)),
            attempts: before.attempts,
            holder: self.holder(),
            keep: self.policy.retain,
            took: Some(took),
            state: State::Done { value },
        })
    }

    fn failed(&self, before: &Record, series: Series, error: &str) -> Arc<Record> {
        if before.attempts < self.policy.max_attempts {
            let pause = self.policy.pause_after(before.attempts);
            self.waiting(before, before.attempts, series, pause, error)
        } else {
            self.exhausted(before, self.holder(), series, error)
        }
    }

    fn handed_back(&self, before: &Record, series: Series) -> Arc<Record> {
        let error = format!("handed back by {}", self.label);
        self.waiting(before, before.attempts.saturating_sub(1), series, Duration::ZERO, &error)
    }

    fn waiting(&self, before: &Record, attempts: u32, series: Series, pause: Duration, error: &str) -> Arc<Record> {
        Arc::new(Record {
            revision: self.revision(Some(before)),
            attempts,
            holder: self.holder(),
            keep: Some(self.policy.keep_unfinished(self.policy.timeout.max(pause))),
            took: None,
            state: State::Waiting { series, pause, error: error.to_owned() },
        })
    }

    fn exhausted(&self, before: &Record, holder: Holder, series: Series, error: &str) -> Arc<Record> {
        let cooldown = self.policy.cooldown_or_default();
        Arc::new(Record {
            revision: self.revision(Some(before)),
            attempts: before.attempts,
            holder,
            keep: Some(self.policy.keep_unfinished(self.policy.timeout.max(cooldown))),
            took: None,
            state: State::Exhausted { series, cooldown, error: error.to_owned() },
        })
    }

    /// Above every earlier one of this key, and above those of a record that was forgotten since.
    fn revision(&self, before: Option<&Record>) -> u64 {
        before.map_or(0, |before| before.revision + 1).max(self.clock)
    }
}
