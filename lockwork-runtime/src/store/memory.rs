//! The memory store: a map under a mutex, for one process and for tests. Knows no records; its clock is tokio's.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::store::watch::Watches;
use crate::store::{Answer, Seen, Store, Swap, Swapped, Watch};

/// What the clock of a memory store says when the store is made: a round number, since nothing depends on the date.
const BIRTH: Duration = Duration::from_secs(1_800_000_000);

/// The named stores of this process that are in use.
static NAMED: LazyLock<Mutex<HashMap<String, Weak<MemoryStore>>>> = LazyLock::new(Mutex::default);

/// Records in the memory of this process.
#[derive(Debug)]
pub struct MemoryStore {
    records: Mutex<BTreeMap<String, Kept>>,
    watches: Watches,
    born: Instant,
}

#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    until: Option<Instant>,
}

impl Kept {
    fn left(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now))
    }

    fn is_over(&self, now: Instant) -> bool {
        self.left(now) == Some(Duration::ZERO)
    }

    fn seen(&self, now: Instant) -> Seen {
        Seen { bytes: self.bytes.clone(), left: self.left(now) }
    }
}

impl MemoryStore {
    /// An empty store of its own.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { records: Mutex::default(), watches: Watches::default(), born: clock::now() })
    }

    /// The store of this name, which all who ask for it in this process share while one of them holds it.
    #[must_use]
    pub fn named(name: &str) -> Arc<Self> {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = named.get(name).and_then(Weak::upgrade) {
            return store;
        }
        let store = Self::new();
        named.retain(|_, store| store.strong_count() > 0);
        named.insert(name.to_owned(), Arc::downgrade(&store));
        store
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn swap_now(&self, swap: &Swap<'_>) -> Swapped {
        let now = clock::now();
        let mut records = self.records();
        if records.get(swap.key).is_some_and(|kept| kept.is_over(now)) {
            records.remove(swap.key);
        }
        let current = records.get(swap.key).map(|kept| kept.bytes.as_slice());
        if current != swap.expected {
            return Swapped::Conflict(current.map(<[u8]>::to_vec));
        }
        let until = swap.keep.and_then(|keep| now.checked_add(keep));
        records.insert(swap.key.to_owned(), Kept { bytes: swap.next.to_vec(), until });
        drop(records);
        if swap.wake {
            self.watches.wake(swap.key);
        }
        Swapped::Written
    }

    fn remove_now(&self, key: &str, expected: &[u8]) -> bool {
        let now = clock::now();
        let mut records = self.records();
        if !records.get(key).is_some_and(|kept| !kept.is_over(now) && kept.bytes == expected) {
            return false;
        }
        records.remove(key);
        drop(records);
        self.watches.wake(key);
        true
    }

    fn scan_now(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<(String, Seen)> {
        let now = clock::now();
        let start = match after {
            Some(after) if prefix <= after => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        self.records()
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(_, kept)| !kept.is_over(now))
            .take(limit)
            .map(|(key, kept)| (key.clone(), kept.seen(now)))
            .collect()
    }
}

impl Store for MemoryStore {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>> {
        Box::pin(async move {
            let now = clock::now();
            Ok(self.records().get(key).filter(|kept| !kept.is_over(now)).map(|kept| kept.seen(now)))
        })
    }

    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped> {
        Box::pin(async move { Ok(self.swap_now(&swap)) })
    }

    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch> {
        Box::pin(async move { Ok(self.watches.join(key)) })
    }

    fn clock(&self) -> Answer<'_, Duration> {
        Box::pin(async move { Ok(BIRTH + clock::now().saturating_duration_since(self.born)) })
    }

    fn scan<'a>(&'a self, prefix: &'a str, after: Option<&'a str>, limit: usize) -> Answer<'a, Vec<(String, Seen)>> {
        Box::pin(async move { Ok(self.scan_now(prefix, after, limit)) })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.remove_now(key, expected)) })
    }
}
