//! A record in a few bytes, for states by the million, and back again without loss.

use std::fmt;
use std::time::Duration;

use super::world::{Names, word_of};
use crate::policy::Policy;
use crate::record::{Decision, Holder, Nonce, Record, Series, Sighting, State, Value};

pub(super) const MAX_ATTEMPTS: u8 = 2;

const LEASE: Duration = Duration::from_secs(5);
const LABEL: &str = "here/1";

pub(super) const POLICY: Policy = Policy::new().timeout(LEASE).max_attempts(MAX_ATTEMPTS as u32);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    #[default]
    Absent,
    Running,
    Waiting,
    Exhausted,
    Done,
}

/// Why an attempt came to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Why {
    #[default]
    Nothing,
    Failed,
    HandedBack,
    Silent,
}

/// A record. What its kind does not have is zero, so equal briefs are equal bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Brief {
    pub(super) kind: Kind,
    pub(super) revision: u8,
    pub(super) attempts: u8,
    pub(super) nonce: u8,
    pub(super) series: u8,
    pub(super) value: u8,
    pub(super) why: Why,
}

/// Whether what a record waits for is over: its lease, its pause or its cooldown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Age {
    #[default]
    Unknown,
    Young,
    Over,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Glimpse {
    pub(super) record: Brief,
    pub(super) age: Age,
}

/// A decision without its durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Write(Brief),
    Mine,
    Look,
    Busy,
    GivenUp,
    Done,
    Lost,
}

impl Brief {
    pub(super) const ABSENT: Self =
        Self { kind: Kind::Absent, revision: 0, attempts: 0, nonce: 0, series: 0, value: 0, why: Why::Nothing };

    pub(super) fn word(self, names: &mut Names) -> u64 {
        let kind = self.kind as u8 * 4 + self.why as u8;
        let (nonce, series, value) = (names.nonce(self.nonce), names.series(self.series), names.nonce(self.value));
        word_of(&[kind, self.revision, self.attempts, nonce, series, value])
    }

    /// The record; none where none is.
    pub(super) fn record(self) -> Option<Record> {
        let series = Series(self.series.into());
        let error = match self.why {
            Why::Nothing => String::new(),
            Why::Failed => "failed".to_owned(),
            Why::HandedBack => format!("handed back by {LABEL}"),
            Why::Silent => format!("no sign of life from {LABEL} for {LEASE:?}"),
        };
        let (state, keep) = match self.kind {
            Kind::Absent => return None,
            Kind::Running => (State::Running { series, lease: LEASE }, Some(POLICY.keep_unfinished(LEASE))),
            Kind::Waiting => {
                let is_back = self.why == Why::HandedBack;
                let pause = if is_back { Duration::ZERO } else { POLICY.pause_after(self.attempts.into()) };
                (State::Waiting { series, pause, error }, Some(POLICY.keep_unfinished(LEASE.max(pause))))
            }
            Kind::Exhausted => {
                let cooldown = POLICY.cooldown_or_default();
                (State::Exhausted { series, cooldown, error }, Some(POLICY.keep_unfinished(LEASE.max(cooldown))))
            }
            Kind::Done => (State::Done { value: value(self.value) }, POLICY.retain),
        };
        let (revision, attempts) = (self.revision.into(), self.attempts.into());
        let took = (self.kind == Kind::Done).then_some(Duration::ZERO);
        Some(Record { revision, attempts, holder: holder(self.nonce), keep, took, state })
    }

    /// The brief of a record, which comes back from it as it was.
    fn of(record: &Record) -> Self {
        let (kind, series, value, error) = match &record.state {
            State::Running { series, .. } => (Kind::Running, series.0, 0, None),
            State::Waiting { series, error, .. } => (Kind::Waiting, series.0, 0, Some(error)),
            State::Exhausted { series, error, .. } => (Kind::Exhausted, series.0, 0, Some(error)),
            State::Done { value: Value::Json(json) } => (Kind::Done, 0, json.parse().unwrap_or(0), None),
            State::Done { value: Value::Unshared(_) } => (Kind::Done, 0, 0, None),
        };
        let why = match error.and_then(|error| error.split(' ').next()) {
            None => Why::Nothing,
            Some("failed") => Why::Failed,
            Some("handed") => Why::HandedBack,
            Some(_) => Why::Silent,
        };
        let brief = Self {
            kind,
            revision: small(record.revision.into()),
            attempts: small(record.attempts.into()),
            nonce: small(record.holder.nonce.0),
            series: small(series),
            value,
            why,
        };
        assert_eq!(brief.record().as_ref(), Some(record), "the model loses nothing that a transition writes");
        brief
    }
}

impl Glimpse {
    pub(super) fn new(record: Brief, age: Age) -> Self {
        Self { record, age }
    }

    pub(super) fn word(self, names: &mut Names) -> u64 {
        self.record.word(names) << 2 | self.age as u64
    }

    pub(super) fn sighting(self) -> Option<Sighting> {
        let age = match self.age {
            Age::Unknown => None,
            Age::Young => Some(Duration::ZERO),
            Age::Over => Some(Duration::from_secs(60)),
        };
        self.record.record().map(|record| Sighting { record: record.into(), age })
    }
}

impl Verdict {
    pub(super) fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Write(record) => Self::Write(Brief::of(record)),
            Decision::Mine => Self::Mine,
            Decision::Look => Self::Look,
            Decision::Busy(_) => Self::Busy,
            Decision::GivenUp(_) => Self::GivenUp,
            Decision::Done => Self::Done,
            Decision::Lost => Self::Lost,
        }
    }
}

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, revision, attempts, nonce, series, value, .. } = self;
        match kind {
            Kind::Absent => f.write_str("Absent"),
            Kind::Done => write!(f, "Done(value {value}) revision {revision} attempt {attempts} nonce {nonce}"),
            _ => write!(f, "{kind:?} revision {revision} attempt {attempts} nonce {nonce} series {series}"),
        }
    }
}

pub(super) fn holder(nonce: u8) -> Holder {
    Holder::new(Nonce(nonce.into()), LABEL)
}

/// What the body of an attempt returns: the attempt's own number, so that no two completions look alike.
pub(super) fn value(of: u8) -> Value {
    Value::Json(of.to_string().into())
}

fn small(number: u128) -> u8 {
    u8::try_from(number).expect("the numbers of the model are small")
}
