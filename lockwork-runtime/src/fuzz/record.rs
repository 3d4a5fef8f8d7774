//! Any bytes as a record: what others may have written at a key.

use std::time::Duration;

use crate::fuzz::assert_readable;
use crate::policy::Policy;
use crate::record::{
    Actor, Decision, Holder, Nonce, Record, RecordError, Series, Sighting, State, Transition, Value, decide,
};

/// What is taken for a record is one, whatever follows on it is one, and all else is refused in words.
pub(crate) fn target(data: &[u8]) {
    match Record::decode(data) {
        Ok(record) => {
            comes_back(&record);
            assert!(!record.holder.label().contains(char::is_control), "{record:?}");
            can_be_gone_on_from(&record);
        }
        Err(error) => {
            let text = error.to_string();
            assert_readable(&text);
            assert!(text.len() < 2000, "{text}");
            if let RecordError::Format(found) = error {
                assert!(text.contains(&format!("{found:?}")) && found != "1", "{text}");
            }
        }
    }
}

fn comes_back(record: &Record) {
    let bytes = record.encode().expect("what was read can be written");
    assert_eq!(Record::decode(&bytes).as_ref(), Ok(record), "{}", bytes.escape_ascii());
}

/// Every transition, by the holder and by another, of a record of any age.
fn can_be_gone_on_from(record: &Record) {
    let (fresh, awaited) = (Series(1), series(record));
    let transitions = [
        Transition::Claim { fresh, awaited: None },
        Transition::Claim { fresh, awaited },
        Transition::Renew,
        Transition::Complete { value: Value::Json("7".into()), took: Duration::from_millis(u64::MAX) },
        Transition::Fail("no luck".to_owned()),
        Transition::HandBack,
    ];
    let ages = [None, Some(Duration::ZERO), record.keep, Some(Duration::MAX)];
    let holders = [record.holder.clone(), Holder::new(Nonce(!record.holder.nonce.0), "here/1")];
    let longest = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    let policies = [
        Policy::new().max_attempts(1),
        Policy::new().max_attempts(u32::MAX).timeout(longest).backoff(longest).cooldown(longest),
    ];
    for transition in &transitions {
        for age in ages {
            for holder in &holders {
                for policy in &policies {
                    go_on(
                        record,
                        age,
                        transition,
                        &Actor { nonce: holder.nonce, label: &holder.label, policy, clock: 0 },
                    );
                }
            }
        }
    }
}

fn go_on(record: &Record, age: Option<Duration>, transition: &Transition, actor: &Actor<'_>) {
    let seen = Sighting { record: record.clone().into(), age };
    let Decision::Write(next) = decide(Some(&seen), transition, actor) else { return };
    assert!(!matches!(record.state, State::Done { .. }), "what is done stays done: {record:?}");
    assert!(record.revision < next.revision, "{record:?} became {next:?}");
    match next.encode() {
        Ok(bytes) => assert_eq!(Record::decode(&bytes).map(Into::into), Ok(next)),
        Err(error) => assert_eq!(error, RecordError::Beyond(record.revision + 1)),
    }
}

fn series(record: &Record) -> Option<Series> {
    match record.state {
        State::Running { series, .. } | State::Waiting { series, .. } | State::Exhausted { series, .. } => Some(series),
        State::Done { .. } => None,
    }
}

#[test]
fn no_bytes_are_taken_for_a_record_that_they_are_not() {
    crate::fuzz::run("record", target);
}
