//! A record as bytes: a format number, a space and JSON that a person can read. Knows no transitions.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::record::{Holder, Nonce, Record, Series, State, Value};

/// The format that this version writes, and the only one it reads.
const FORMAT: &str = "1";

/// The largest revision. A clock in microseconds comes there in the year 2255. Up to here every reader of JSON, every
/// database and every script has a fence exactly, and what follows on it does not overflow.
pub(super) const LAST_REVISION: u64 = 1 << 53;

/// How many bytes most records have room in.
const USUAL_LEN: usize = 256;

/// How much of what others wrote is repeated in an error.
const LONGEST_QUOTE: usize = 200;

/// Exactly one of the five states is there. They stand beside the rest, a series only where it is open or was just now,
/// and the number of attempts only where it is not one, because most records are done and there may be millions of them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    revision: u64,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    attempts: u32,
    holder: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keep: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    running: Option<Running>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiting: Option<Stopped>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exhausted: Option<Stopped>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    done: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unshared: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    took: Option<u64>,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_one(attempts: &u32) -> bool {
    *attempts == 1
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Running {
    series: String,
    lease: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stopped {
    series: String,
    pause: u64,
    error: String,
}

/// A field that is there is there, even when it holds `null`, which is the JSON of `()`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(deserializer).map(Some)
}

/// Why bytes are no record. The bytes are left as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    /// Another format than the one that is known here.
    Format(String),
    /// The known format, but not as it is written here.
    Mangled(String),
    /// The record that was to be written would have this revision, which is beyond the largest.
    Beyond(u64),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(found) => write!(
                f,
                "the record has format {found:?}, this lockwork knows format {FORMAT:?}: it was left as it is; \
                 use the version that wrote it"
            ),
            Self::Mangled(why) => write!(f, "the record is mangled ({why}): it was left as it is; look at it by hand"),
            Self::Beyond(revision) => write!(
                f,
                "the record would get revision {revision}, and {LAST_REVISION} is the largest: it was left as it is; \
                 set the store's clock right, or forget the record if somebody forged it"
            ),
        }
    }
}

impl std::error::Error for RecordError {}

impl Record {
    /// The record as a store keeps it.
    ///
    /// # Errors
    ///
    /// When [`Record::decode`] would not take it, as its revision is beyond the largest.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, RecordError> {
        if LAST_REVISION < self.revision {
            return Err(RecordError::Beyond(self.revision));
        }
        let mut wire = Wire {
            revision: self.revision,
            attempts: self.attempts,
            holder: push_hex(format!("{} ", self.holder.label), self.holder.nonce.0),
            keep: self.keep.map(to_ms),
            running: None,
            waiting: None,
            exhausted: None,
            done: None,
            unshared: None,
            took: self.took.map(to_ms),
        };
        match &self.state {
            State::Running { series, lease } => {
                wire.running = Some(Running { series: push_hex(String::new(), series.0), lease: to_ms(*lease) });
            }
            State::Waiting { series, pause, error } => wire.waiting = Some(Stopped::new(*series, *pause, error)),
            State::Exhausted { series, cooldown, error } => {
                wire.exhausted = Some(Stopped::new(*series, *cooldown, error));
            }
            State::Done { value: Value::Json(json) } => {
                let json = RawValue::from_string(json.to_string());
                wire.done = Some(json.expect("a value is JSON that was written here or read by `decode`"));
            }
            State::Done { value: Value::Unshared(why) } => wire.unshared = Some(why.clone()),
        }
        let mut bytes = Vec::with_capacity(USUAL_LEN);
        bytes.extend_from_slice(FORMAT.as_bytes());
        bytes.push(b' ');
        serde_json::to_writer(&mut bytes, &wire).expect("numbers, strings and JSON can be written to memory");
        Ok(bytes)
    }

    /// Whether there is a revision after this one.
    pub(crate) fn can_be_followed(&self) -> bool {
        self.revision < LAST_REVISION
    }

    /// # Errors
    ///
    /// When the bytes are not what [`Record::encode`] writes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|error| unreadable(&error))?;
        let (format, json) = text.split_once(' ').unwrap_or((text, ""));
        if format != FORMAT {
            return Err(RecordError::Format(shortened(format)));
        }
        let wire: Wire = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
        wire.into_record().ok_or_else(|| RecordError::Mangled("its fields do not go together".to_owned()))
    }
}

impl Wire {
    fn into_record(self) -> Option<Record> {
        let (label, nonce) = self.holder.rsplit_once(' ')?;
        if label.contains(char::is_control) {
            return None;
        }
        let state = match (self.running, self.waiting, self.exhausted, self.done, self.unshared) {
            (Some(running), None, None, None, None) => {
                State::Running { series: series(&running.series)?, lease: Duration::from_millis(running.lease) }
            }
            (None, Some(Stopped { series: id, pause, error }), None, None, None) => {
                State::Waiting { series: series(&id)?, pause: Duration::from_millis(pause), error }
            }
            (None, None, Some(Stopped { series: id, pause, error }), None, None) => {
                State::Exhausted { series: series(&id)?, cooldown: Duration::from_millis(pause), error }
            }
            (None, None, None, Some(json), None) => State::Done { value: Value::Json(Box::<str>::from(json)) },
            (None, None, None, None, Some(why)) => State::Done { value: Value::Unshared(why) },
            _ => return None,
        };
        if LAST_REVISION < self.revision {
            return None;
        }
        if self.took.is_some() && !matches!(state, State::Done { .. }) {
            return None;
        }
        // Only a finished record may be kept for ever: the others would have no age, and could never be taken over.
        if self.keep.is_none() && !matches!(state, State::Done { .. }) {
            return None;
        }
        Some(Record {
            revision: self.revision,
            attempts: self.attempts,
            holder: Holder::new(Nonce(id(nonce)?), label),
            keep: self.keep.map(Duration::from_millis),
            took: self.took.map(Duration::from_millis),
            state,
        })
    }
}

impl Stopped {
    fn new(series: Series, pause: Duration, error: &str) -> Self {
        Self { series: push_hex(String::new(), series.0), pause: to_ms(pause), error: error.to_owned() }
    }
}

/// Adds 32 lower-case digits. What formats numbers in general takes ten times as long.
fn push_hex(mut text: String, bits: u128) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.reserve_exact(32);
    for byte in bits.to_be_bytes() {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 0xf)]));
    }
    text
}

fn series(text: &str) -> Option<Series> {
    id(text).map(Series)
}

fn id(text: &str) -> Option<u128> {
    let is_ours = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_ours { u128::from_str_radix(text, 16).ok() } else { None }
}

/// Policies are in whole milliseconds and below 2^63 of them, so nothing is lost.
fn to_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The parsers' words may repeat what is in the record, which anybody may have written.
fn unreadable(why: &dyn fmt::Display) -> RecordError {
    RecordError::Mangled(why.to_string().escape_debug().take(LONGEST_QUOTE).collect())
}

fn shortened(text: &str) -> String {
    text.chars().take(20).collect()
}
