//! Any bytes as what a server answers, whatever it was asked.

use std::time::Duration;

use redis::Value;

use super::answer;
use super::fault::Fault;
use crate::fuzz::assert_readable;
use crate::store::{StoreError, Swapped};

/// No answer is taken for more than it says, and every other one is an error in words.
pub(crate) fn target(data: &[u8]) {
    // As the connection does it: an error anywhere in an answer is the answer's.
    match redis::parse_redis_value(data).and_then(Value::extract_error) {
        Ok(value) => told(&value),
        Err(error) => {
            in_words(&Fault::of_command(&error));
            in_words(&Fault::of_connecting(&error));
        }
    }
    // But for a pipeline, where each answer has its own.
    if let Ok(Value::Array(answers)) = redis::parse_redis_value(data) {
        told_in_pairs(answers);
    }
}

fn told(value: &Value) {
    let begun = told_or_words(answer::begun(value.clone()));
    assert_eq!(begun == Some(Swapped::Written), *value == Value::Nil, "{value:?}");
    assert!(begun != Some(Swapped::Conflict(None)), "SET tells what is there: {value:?}");

    let replaced = told_or_words(answer::replaced(value.clone()));
    assert_eq!(replaced == Some(Swapped::Written), *value == Value::Int(1), "{value:?}");
    if let Some(Swapped::Conflict(there)) = replaced {
        let there = there.map_or(Value::Nil, Value::BulkString);
        assert_eq!(*value, Value::Array(vec![there]));
    }

    let peeked = told_or_words(answer::peeked(value.clone()));
    assert_eq!(peeked == Some(None), *value == Value::Nil, "{value:?}");
    if let Some(Some(there)) = peeked {
        assert_eq!(*value, Value::BulkString(there));
    }

    let removed = told_or_words(answer::removed(value.clone()));
    assert_eq!(removed == Some(true), *value == Value::Int(1), "{value:?}");
    assert_eq!(removed == Some(false), *value == Value::Int(0), "{value:?}");

    if let Some((cursor, names)) = told_or_words(answer::page(value.clone())) {
        let Value::Array(parts) = value else { panic!("{value:?} is no page") };
        let [first, Value::Array(keys)] = &parts[..] else { panic!("{value:?} is no page") };
        assert_eq!(*first, Value::BulkString(cursor));
        assert!(names.into_iter().all(|name| keys.contains(&Value::BulkString(name.into_bytes()))), "{value:?}");
    }

    // Whatever it is, it can be reckoned with.
    let _: Option<Duration> = told_or_words(answer::time(value.clone()));
    answer::check_version(value).unwrap_or_else(|fault| in_words(&fault));
}

fn told_in_pairs(answers: Vec<Value>) {
    for count in [0, answers.len() / 2, answers.len()] {
        let pairs = told_or_words(answer::pairs(answers.clone(), count));
        assert_eq!(pairs.is_some(), answers.len() == 2 * count);
        for (bytes, left) in pairs.into_iter().flatten() {
            let seen = told_or_words(answer::seen(bytes.clone(), left.clone()));
            let Some(Some(seen)) = seen else { continue };
            assert_eq!(Value::BulkString(seen.bytes), bytes);
            assert_eq!(seen.left.is_none(), left == Value::Int(-1), "{left:?}");
            assert!(seen.left.is_none_or(|left| !left.is_zero()), "what is there has time left");
        }
    }
}

fn told_or_words<T>(told: Result<T, Fault>) -> Option<T> {
    told.map_err(|fault| in_words(&fault)).ok()
}

fn in_words(fault: &Fault) {
    let (StoreError::Unavailable(text) | StoreError::Refused(text)) = fault.at(&"HERE");
    assert_readable(&text);
}

#[test]
fn no_answer_is_taken_for_more_than_it_says() {
    crate::fuzz::run("reply", target);
}
