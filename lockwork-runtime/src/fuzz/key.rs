//! Any text as namespaces and keys, and what each store makes of them.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::fuzz::assert_readable;
use crate::job::{Key, prefix_in};
use crate::store::memory::MemoryStore;
use crate::store::{Answer, Scan, Store, Swap, Swapped, Wake};
use crate::worker::check_namespace;

/// The lines of the text are a namespace and a key, another namespace and another key.
pub(crate) fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(4, '\n');
    let mut pair = || named(parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (one, other) = (pair(), pair());
    if let (Some(one), Some(other)) = (one, other) {
        assert_eq!(one.name == other.name, (&one.namespace, &one.key) == (&other.namespace, &other.key));
        is_found_alone(&one, &other);
        is_found_alone(&other, &one);
    }
}

/// A namespace and a key that were taken, and what stores call the record.
struct Named {
    namespace: String,
    key: Key,
    name: String,
}

fn named(namespace: &str, key: &str) -> Option<Named> {
    let parsed = Key::parse(key);
    match &parsed {
        Ok(parsed) => {
            assert_eq!(parsed.as_str(), key);
            assert_readable(&parsed.to_string());
            assert_readable(&format!("{parsed:?}"));
        }
        Err(error) => assert_readable(&error.to_string()),
    }
    let checked = check_namespace(namespace);
    if let Err(error) = &checked {
        assert_readable(&error.to_string());
    }
    let (key, ()) = parsed.ok().zip(checked.ok())?;
    let name = key.name_in(namespace);
    assert_eq!(Key::of_name(&name, namespace).as_ref(), Some(&key));
    Some(Named { namespace: namespace.to_owned(), key, name })
}

/// That who lists what begins as `one` does gets it, and gets `other` only if that begins so too.
fn is_found_alone(one: &Named, other: &Named) {
    let mut expected = vec![one.name.clone(), other.name.clone()];
    expected.sort();
    expected.dedup();
    for end in [0, one.key.as_str().len() / 2, one.key.as_str().len()] {
        let Some(start) = one.key.as_str().get(..end) else { continue };
        let prefix = prefix_in(&one.namespace, start);
        let names = [one.name.as_str(), other.name.as_str()];
        let mut expected: Vec<&str> = names.into_iter().filter(|name| name.starts_with(&prefix)).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(in_memory(names, &prefix), expected, "{prefix}");
        #[cfg(feature = "redis")]
        for name in names {
            let pattern = crate::store::redis::pattern(&prefix);
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected.contains(&name), "{pattern:?} {name:?}");
        }
        #[cfg(feature = "sqlite")]
        assert_eq!(sqlite::listed(names, &prefix), expected, "{prefix}");
    }
}

fn swap(name: &str) -> Swap<'_> {
    Swap { key: name, expected: None, next: name.as_bytes(), keep: None, wake: Wake::Nobody }
}

/// That each name has a record of its own, given what became of the two first swaps.
fn assert_apart(names: [&str; 2], swapped: [Swapped; 2]) {
    let [one, other] = names;
    let second = if one == other { Swapped::Conflict(Some(one.into())) } else { Swapped::Written };
    assert_eq!(swapped, [Swapped::Written, second], "{names:?}");
}

fn in_memory(names: [&str; 2], prefix: &str) -> Vec<String> {
    let store = MemoryStore::new();
    assert_apart(names, names.map(|name| at_once(store.swap(swap(name)))));
    at_once(store.scan(Scan::of(prefix, names.len()))).into_iter().map(|(name, _)| name).collect()
}

/// The memory store's answer, which it has ready.
fn at_once<T>(answer: Answer<'_, T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.expect("memory refuses nothing"),
        Poll::Pending => unreachable!("memory makes nobody wait"),
    }
}

/// Whether a Redis server finds `text` by `pattern`, of which it is shown here what ours may have: `*` is anything,
/// a character behind a `\` is itself, `?` and `[` would be more than themselves.
#[cfg(feature = "redis")]
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
        ([b'?' | b'[', ..], _) => panic!("the pattern has more than one meaning"),
        ([b'\\', plain, rest @ ..], [first, others @ ..]) | ([plain, rest @ ..], [first, others @ ..]) => {
            plain == first && matches(rest, others)
        }
        (_, []) => false,
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use rusqlite::Connection;

    use super::{assert_apart, swap};
    use crate::store::Scan;
    use crate::store::sqlite::table::Table;

    pub(super) fn listed(names: [&str; 2], prefix: &str) -> Vec<String> {
        let connection = Connection::open_in_memory().expect("memory can be had");
        let mut table = Table::open(connection).expect("it is empty").expect("no other table is in it");
        assert_apart(names, names.map(|name| table.swap(&swap(name)).expect("nobody else is there")));
        let found = table.scan(&Scan::of(prefix, names.len())).expect("nobody else is there");
        found.into_iter().map(|(name, _)| name).collect()
    }
}

#[test]
fn every_key_of_every_namespace_has_a_name_of_its_own_in_every_store() {
    crate::fuzz::run("key", target);
}
