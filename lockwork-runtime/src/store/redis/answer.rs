//! What the server's answers mean. Knows no connection, and takes no answer for more than it says.

use std::time::Duration;

use redis::Value;

use crate::store::redis::fault::{Fault, too_old};
use crate::store::{Seen, Swapped};

/// The first version that answers `SET … NX GET`.
const OLDEST: u32 = 7;

/// To `SET … NX GET`.
pub(super) fn begun(answer: Value) -> Result<Swapped, Fault> {
    match answer {
        Value::Nil => Ok(Swapped::Written),
        Value::BulkString(current) => Ok(Swapped::Conflict(Some(current))),
        _ => Err(unexpected("SET")),
    }
}

/// To the script that swaps.
pub(super) fn replaced(answer: Value) -> Result<Swapped, Fault> {
    match answer {
        Value::Int(1) => Ok(Swapped::Written),
        Value::Array(conflict) => match <[Value; 1]>::try_from(conflict) {
            Ok([Value::Nil]) => Ok(Swapped::Conflict(None)),
            Ok([Value::BulkString(current)]) => Ok(Swapped::Conflict(Some(current))),
            _ => Err(unexpected("EVALSHA")),
        },
        _ => Err(unexpected("EVALSHA")),
    }
}

/// To the script that removes.
pub(super) fn removed(answer: Value) -> Result<bool, Fault> {
    match answer {
        Value::Int(0) => Ok(false),
        Value::Int(1) => Ok(true),
        _ => Err(unexpected("EVALSHA")),
    }
}

/// To `GET` and `PTTL` for each of `count` keys, in pairs.
pub(super) fn pairs(answers: Vec<Value>, count: usize) -> Result<Vec<(Value, Value)>, Fault> {
    if answers.len() != 2 * count {
        return Err(unexpected("GET"));
    }
    let mut answers = answers.into_iter();
    Ok(std::iter::from_fn(|| Some((answers.next()?, answers.next()?))).collect())
}

/// To `GET`.
pub(super) fn peeked(answer: Value) -> Result<Option<Vec<u8>>, Fault> {
    match answer {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        _ => Err(unexpected("GET")),
    }
}

/// To `GET` and to `PTTL`.
pub(super) fn seen(bytes: Value, left: Value) -> Result<Option<Seen>, Fault> {
    match (bytes, left) {
        (Value::ServerError(error), _) | (_, Value::ServerError(error)) => Err(Fault::of_command(&error.into())),
        // -2 is what has ended between the two, -1 what is kept for ever.
        (Value::Nil, Value::Int(_)) | (Value::BulkString(_), Value::Int(-2)) => Ok(None),
        (Value::BulkString(bytes), Value::Int(-1)) => Ok(Some(Seen { bytes, left: None })),
        (Value::BulkString(bytes), Value::Int(left)) => {
            let left = u64::try_from(left).map_err(|_| unexpected("PTTL"))?;
            // What is there has time left; the server tells whole milliseconds, and in the last one that is 0.
            Ok(Some(Seen { bytes, left: Some(Duration::from_millis(left.max(1))) }))
        }
        _ => Err(unexpected("GET")),
    }
}

/// Whether an answer to `GET` says that something else than a string is there.
pub(super) fn is_wrong_type(answer: &Value) -> bool {
    matches!(answer, Value::ServerError(error) if error.code() == "WRONGTYPE")
}

/// To `SCAN`: where to go on, and the keys that are text, as all of ours are.
pub(super) fn page(answer: Value) -> Result<(Vec<u8>, Vec<String>), Fault> {
    let Value::Array(answer) = answer else { return Err(unexpected("SCAN")) };
    let Ok([Value::BulkString(cursor), Value::Array(page)]) = <[Value; 2]>::try_from(answer) else {
        return Err(unexpected("SCAN"));
    };
    let names = page.into_iter().filter_map(|name| match name {
        Value::BulkString(name) => String::from_utf8(name).ok(),
        _ => None,
    });
    Ok((cursor, names.collect()))
}

/// To `TIME`: since the Unix epoch.
pub(super) fn time(answer: Value) -> Result<Duration, Fault> {
    let (seconds, micros): (u64, u64) = redis::from_redis_value(answer).map_err(|_| unexpected("TIME"))?;
    Duration::from_secs(seconds).checked_add(Duration::from_micros(micros)).ok_or_else(|| unexpected("TIME"))
}

/// To `HELLO`: whether the server is new enough.
pub(super) fn check_version(hello: &Value) -> Result<(), Fault> {
    let version = hello.as_map_iter().into_iter().flatten().find_map(|(name, value)| match (name, value) {
        (Value::BulkString(name), Value::BulkString(version)) if name == b"version" => str::from_utf8(version).ok(),
        _ => None,
    });
    let Some(version) = version else {
        return Err(Fault::refused("what answers there does not say which version of Redis it is"));
    };
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST) {
        return Err(too_old(&format!("{:?}", version)));
    }
    Ok(())
}

/// An error in an answer's form.
fn unexpected(command: &str) -> Fault {
    Fault::unavailable(format!("its answer to {command} is not of the form that it should have"))
}
