//! A record as bytes: a format number, a space and JSON that a person can read. Knows no transitions.

mod finished;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::record::{Holder, Nonce, Record, Series, State, Value};

/// The format that this version writes, and the only one it reads.
const FORMAT: &str = "1";

/// The largest revision. A clock in microseconds comes there in the year 2255. Up to here every reader of JSON, every
/// database and every script has a fence exactly, and what follows on it does not overflow.
pub(super) const LAST_REVISION: u64 = 1 << 53;

/// In how many bytes most records have room.
const USUAL_LEN: usize = 256;

/// For how many records a thread keeps room at most.
const MOST_ROOMS: usize = 256;

/// How much of what others wrote is repeated in an error.
const LONGEST_QUOTE: usize = 200;

/// Exactly one of the five states is there. They stand beside the rest, a series only where it is open or was just now,
/// and the number of attempts only where it is not one, because most records are done and there may be millions of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    revision: u64,
    #[serde(default = "one")]
    attempts: u32,
    #[serde(borrow)]
    holder: Cow<'a, str>,
    #[serde(default)]
    keep: Option<u64>,
    #[serde(default, borrow)]
    running: Option<Running<'a>>,
    #[serde(default, borrow)]
    waiting: Option<Stopped<'a>>,
    #[serde(default, borrow)]
    exhausted: Option<Stopped<'a>>,
    #[serde(default, deserialize_with = "present")]
    done: Option<Box<RawValue>>,
    #[serde(default)]
    unshared: Option<String>,
    #[serde(default)]
    took: Option<u64>,
}

fn one() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Running<'a> {
    #[serde(borrow)]
    series: Cow<'a, str>,
    lease: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stopped<'a> {
    #[serde(borrow)]
    series: Cow<'a, str>,
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
        let mut json = Json::default();
        json.number(r#"{"revision":"#, self.revision);
        if self.attempts != one() {
            json.number(r#","attempts":"#, self.attempts.into());
        }
        json.holder(r#","holder":"#, &self.holder);
        if let Some(keep) = self.keep {
            json.number(r#","keep":"#, to_ms(keep));
        }
        match &self.state {
            State::Running { series, lease } => {
                json.series(r#","running":{"series":"#, *series);
                json.number(r#","lease":"#, to_ms(*lease));
                json.raw("}");
            }
            State::Waiting { series, pause, error } => {
                json.series(r#","waiting":{"series":"#, *series);
                json.pause(*pause, error);
            }
            State::Exhausted { series, cooldown, error } => {
                json.series(r#","exhausted":{"series":"#, *series);
                json.pause(*cooldown, error);
            }
            // It was written here, or read by `decode`.
            State::Done { value: Value::Json(value) } => json.raw(r#","done":"#).extend_from_slice(value.as_bytes()),
            State::Done { value: Value::Unshared(why) } => json.text(r#","unshared":"#, why),
        }
        if let Some(took) = self.took {
            json.number(r#","took":"#, to_ms(took));
        }
        json.raw("}");
        Ok(json.0)
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
        finished::read(json).map_or_else(|| parse(json), Ok)
    }
}

fn parse(json: &str) -> Result<Record, RecordError> {
    let wire: Wire<'_> = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
    wire.into_record().ok_or_else(|| RecordError::Mangled("its fields do not go together".to_owned()))
}

impl Wire<'_> {
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

/// A record that is being written. Of each field it is given what stands before the value, as it is to be written.
///
/// Each transition writes one, so it is not put together as a [`Wire`] before.
struct Json(Vec<u8>);

impl Default for Json {
    fn default() -> Self {
        // A thread that is ending has none.
        let room = ROOMS.try_with(|rooms| rooms.borrow_mut().pop()).ok().flatten();
        let mut bytes = room.unwrap_or_else(|| Vec::with_capacity(USUAL_LEN));
        bytes.extend_from_slice(FORMAT.as_bytes());
        bytes.push(b' ');
        Self(bytes)
    }
}

thread_local! {
    /// Room for records to come, left by those that are needed no more.
    static ROOMS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the room of a record that is needed no more for another one, if it is of the usual size.
pub(crate) fn keep_room(mut bytes: Vec<u8>) {
    if bytes.capacity() == USUAL_LEN {
        bytes.clear();
        let _ = ROOMS.try_with(|rooms| {
            let mut rooms = rooms.borrow_mut();
            if rooms.len() < MOST_ROOMS {
                rooms.push(bytes);
            }
        });
    }
}

impl Json {
    fn raw(&mut self, json: &str) -> &mut Vec<u8> {
        self.0.extend_from_slice(json.as_bytes());
        &mut self.0
    }

    fn number(&mut self, before: &str, number: u64) {
        serde_json::to_writer(self.raw(before), &number).expect("a number can be written to memory");
    }

    fn text(&mut self, before: &str, text: &str) {
        serde_json::to_writer(self.raw(before), text).expect("text can be written to memory");
    }

    fn holder(&mut self, before: &str, holder: &Holder) {
        self.text(before, &holder.label);
        // The nonce comes before the closing quote.
        self.0.pop();
        self.0.push(b' ');
        push_id(&mut self.0, holder.nonce.0);
        self.0.push(b'"');
    }

    fn series(&mut self, before: &str, series: Series) {
        let bytes = self.raw(before);
        bytes.push(b'"');
        push_id(bytes, series.0);
        bytes.push(b'"');
    }

    /// The rest of a state in which nobody begins, and its end.
    fn pause(&mut self, pause: Duration, error: &str) {
        self.number(r#","pause":"#, to_ms(pause));
        self.text(r#","error":"#, error);
        self.raw("}");
    }
}

/// Each byte's two lower-case digits.
const DIGITS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 0xf]];
        byte += 1;
    }
    pairs
};

/// Each digit's value, by its character; of all other characters 0xff.
const VALUES: [u8; 256] = {
    let digits = b"0123456789abcdef";
    let mut values = [0xff; 256];
    let mut value = 0_u8;
    while value < 16 {
        values[digits[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// As 32 lower-case digits, in a small part of the time that formatting takes.
fn push_id(bytes: &mut Vec<u8>, id: u128) {
    let digits = id.to_be_bytes().map(|byte| DIGITS[usize::from(byte)]);
    bytes.extend_from_slice(digits.as_flattened());
}

fn series(text: &str) -> Option<Series> {
    id(text).map(Series)
}

fn id(text: &str) -> Option<u128> {
    let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let (mut id, mut bits) = ([0; 2], 0);
    for (half, digits) in id.iter_mut().zip(digits.chunks_exact(16)) {
        for digit in digits {
            let value = VALUES[usize::from(*digit)];
            bits |= value;
            *half = *half << 4 | u64::from(value);
        }
    }
    // Only what is no digit has more than four bits.
    (bits < 0x10).then(|| u128::from(id[0]) << 64 | u128::from(id[1]))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_that_is_used_again_has_nothing_of_what_was_in_it() {
        let done = |value: &str| Record {
            revision: 10,
            attempts: 2,
            holder: Holder::new(Nonce(1), "here/1"),
            keep: None,
            took: None,
            state: State::Done { value: Value::Json(value.into()) },
        };
        let longer = done("\"a long value\"").encode().expect("it can be written");
        let room = longer.as_ptr();
        keep_room(longer);
        let bytes = done("7").encode().expect("it can be written");
        assert_eq!(bytes.as_ptr(), room, "it is the same room");
        assert_eq!(Record::decode(&bytes), Ok(done("7")));
    }
}
