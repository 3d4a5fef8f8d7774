//! The records of jobs that were found done, as they were last seen here. Whether they still are there, only the store knows.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

use crate::register::Glimpse;

/// How many are remembered at most, and of how many bytes: some megabytes for the worst, and one as a rule.
const MOST: usize = 2048;
const LONGEST: usize = 1024;

/// What was seen of jobs that are done.
///
/// Who calls such a job again asks whether its record is still the same, which is less than to offer a claim in its place,
/// and need not read it anew. What is not remembered is asked for as if it had never been seen.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    hasher: RandomState,
    /// Not there until the first is remembered, as in most processes no job is called again.
    by_hash: OnceLock<Mutex<ByHash>>,
}

/// By the hash of the key's name. Another name may have the same: all that is remembered has to be confirmed.
type ByHash = HashMap<u64, Glimpse, RandomState>;

impl Remembered {
    /// Keeps what was seen of the job of this name, unless that is too long.
    pub(crate) fn keep(&self, name: &str, seen: Glimpse) {
        if seen.bytes().is_none_or(|bytes| LONGEST < bytes.len()) {
            return;
        }
        let hash = self.hasher.hash_one(name);
        let by_hash = self.by_hash.get_or_init(Mutex::default);
        let mut by_hash = by_hash.lock().unwrap_or_else(PoisonError::into_inner);
        if by_hash.len() == MOST {
            // Those who are called again are soon back.
            by_hash.clear();
        }
        by_hash.insert(hash, seen);
    }

    /// Gives what was last seen of the job of this name, if it is remembered. It is to be kept anew if it is still so.
    pub(crate) fn take(&self, name: &str) -> Option<Glimpse> {
        let by_hash = self.by_hash.get()?;
        let hash = self.hasher.hash_one(name);
        by_hash.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of a job that is done, of so many bytes.
    fn done(bytes: usize) -> Vec<u8> {
        let begin = r#"1 {"revision":1,"holder":"host/1 00112233445566778899aabbccddeeff","done":""#;
        let end = "\"}";
        format!("{begin}{}{end}", "v".repeat(bytes - begin.len() - end.len())).into_bytes()
    }

    fn seen(bytes: usize) -> Glimpse {
        Glimpse::found(Some(done(bytes))).expect("it is a record")
    }

    #[test]
    fn what_is_kept_is_given_once_and_under_its_name() {
        let remembered = Remembered::default();
        remembered.keep("a", seen(100));
        remembered.keep("b", seen(200));
        assert!(remembered.take("c").is_none());
        assert_eq!(remembered.take("b").as_ref().and_then(Glimpse::bytes), Some(&*done(200)));
        assert!(remembered.take("b").is_none());
        assert_eq!(remembered.take("a").as_ref().and_then(Glimpse::bytes), Some(&*done(100)));
    }

    #[test]
    fn what_is_too_long_is_not_kept() {
        let remembered = Remembered::default();
        for (bytes, is_kept) in [(LONGEST, true), (LONGEST + 1, false)] {
            remembered.keep("a", seen(bytes));
            assert_eq!(remembered.take("a").is_some(), is_kept, "{bytes}");
        }
    }

    #[test]
    fn there_are_never_more_than_the_most() {
        let remembered = Remembered::default();
        let name = |number: usize| number.to_string();
        (0..MOST).for_each(|number| remembered.keep(&name(number), seen(100)));
        // One that is kept anew is not one more.
        for number in 0..MOST {
            let seen = remembered.take(&name(number)).expect("there is room for so many");
            remembered.keep(&name(number), seen);
        }
        remembered.keep("one more", seen(100));
        assert!(remembered.take("one more").is_some());
        assert!((0..MOST).all(|number| remembered.take(&name(number)).is_none()));
    }
}
