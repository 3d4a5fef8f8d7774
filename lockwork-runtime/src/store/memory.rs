//! The memory store: a map under a mutex, for one process and for tests. Knows no records; its clock goes on with tokio's.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::store::watch::Watches;
use crate::store::{Answer, Order, Scan, Seen, Store, Swap, Swapped, Wake, Watch};

/// What the clock of a memory store says when the store is made: a round number, since nothing depends on the date.
const BIRTH: Duration = Duration::from_secs(1_800_000_000);

/// The named stores of this process that are in use.
static NAMED: LazyLock<Mutex<HashMap<String, Weak<MemoryStore>>>> = LazyLock::new(Mutex::default);

/// With how many records those whose time is over are first looked for.
const FIRST_SWEEP: usize = 1024;

/// Records in the memory of this process.
#[derive(Debug)]
pub struct MemoryStore {
    records: Mutex<Records>,
    watches: Watches,
}

/// A clock that goes on with tokio's, whatever it was set to.
#[derive(Clone, Copy, Debug)]
struct StoreClock {
    /// What it said, since the Unix epoch.
    said: Duration,
    at: Instant,
}

impl StoreClock {
    fn set_to(said: Duration) -> Self {
        Self { said, at: clock::now() }
    }

    fn now(self) -> Duration {
        self.said.saturating_add(clock::now().saturating_duration_since(self.at))
    }
}

#[derive(Debug)]
struct Records {
    clock: StoreClock,
    by_key: BTreeMap<String, Kept>,
    /// With how many records those whose time is over are looked for again.
    sweep_at: usize,
}

impl Records {
    /// Looks from time to time for records whose time is over.
    fn sweep(&mut self, now: Duration) {
        if self.sweep_at <= self.by_key.len() {
            self.by_key.retain(|_, kept| !kept.is_over(now));
            // So that each new record pays for two records that are looked at.
            self.sweep_at = FIRST_SWEEP.max(2 * self.by_key.len());
        }
    }
}

#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    /// On the store's clock.
    until: Option<Duration>,
}

impl Kept {
    fn left(&self, now: Duration) -> Option<Duration> {
        self.until.map(|until| until.saturating_sub(now))
    }

    fn is_over(&self, now: Duration) -> bool {
        self.left(now) == Some(Duration::ZERO)
    }

    fn seen(&self, now: Duration) -> Seen {
        Seen { bytes: self.bytes.clone(), left: self.left(now) }
    }
}

impl MemoryStore {
    /// An empty store of its own.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let records = Records { clock: StoreClock::set_to(BIRTH), by_key: BTreeMap::new(), sweep_at: FIRST_SWEEP };
        Arc::new(Self { records: Mutex::new(records), watches: Watches::default() })
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

    /// Sets the clock, from which on it goes on as before. Who waits for an end of time is woken, to look again.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn set_clock(&self, since_epoch: Duration) {
        self.records().clock = StoreClock::set_to(since_epoch);
        self.watches.wake_all();
    }

    /// What the clock says, since the Unix epoch.
    pub(crate) fn clock_now(&self) -> Duration {
        self.records().clock.now()
    }

    /// Wakes who watches `key`, whatever is there.
    #[cfg(test)]
    pub(crate) fn wake(&self, key: &str, record: &[u8]) {
        self.watches.wake(key, Some(record));
    }

    #[cfg(test)]
    pub(crate) fn is_watched(&self, key: &str) -> bool {
        self.watches.is_watched(key)
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn swap_now(&self, swap: &Swap<'_>) -> Swapped {
        let mut records = self.records();
        let now = records.clock.now();
        let until = swap.keep.and_then(|keep| now.checked_add(keep));
        let kept = Kept { bytes: swap.next.to_vec(), until };
        match swap.expected {
            None => match records.by_key.entry(swap.key.to_owned()) {
                Entry::Vacant(place) => {
                    place.insert(kept);
                    records.sweep(now);
                }
                Entry::Occupied(mut there) if there.get().is_over(now) => {
                    there.insert(kept);
                }
                Entry::Occupied(there) => return Swapped::Conflict(Some(there.get().bytes.clone())),
            },
            Some(expected) => match records.by_key.get_mut(swap.key).filter(|there| !there.is_over(now)) {
                Some(there) if there.bytes == expected => *there = kept,
                there => return Swapped::Conflict(there.map(|there| there.bytes.clone())),
            },
        }
        drop(records);
        if swap.wake != Wake::Nobody {
            self.watches.wake(swap.key, Some(swap.next));
        }
        Swapped::Written
    }

    fn remove_now(&self, key: &str, expected: &[u8]) -> bool {
        let mut records = self.records();
        let now = records.clock.now();
        if !records.by_key.get(key).is_some_and(|kept| !kept.is_over(now) && kept.bytes == expected) {
            return false;
        }
        records.by_key.remove(key);
        drop(records);
        self.watches.wake(key, None);
        true
    }

    fn scan_now(&self, scan: Scan<'_>) -> Vec<(String, Seen)> {
        let Scan { prefix, behind, limit, order } = scan;
        let records = self.records();
        let now = records.clock.now();
        let begins = |(key, _): &(&String, &Kept)| key.starts_with(prefix);
        let found = |(key, kept): (&String, &Kept)| (!kept.is_over(now)).then(|| (key.clone(), kept.seen(now)));
        match order {
            Order::Ascending => {
                let start = match behind {
                    Some(behind) if prefix <= behind => Bound::Excluded(behind),
                    _ => Bound::Included(prefix),
                };
                let keys = records.by_key.range::<str, _>((start, Bound::Unbounded));
                keys.take_while(begins).filter_map(found).take(limit).collect()
            }
            Order::Descending => {
                let end = behind.map_or(Bound::Unbounded, Bound::Excluded);
                let keys = records.by_key.range::<str, _>((Bound::Unbounded, end)).rev();
                // Behind those that begin so come some that do not, and then those that are less.
                let keys = keys.take_while(|(key, _)| prefix <= key.as_str());
                keys.filter(begins).filter_map(found).take(limit).collect()
            }
        }
    }
}

impl Store for MemoryStore {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>> {
        Box::pin(async move {
            let records = self.records();
            let now = records.clock.now();
            Ok(records.by_key.get(key).filter(|kept| !kept.is_over(now)).map(|kept| kept.seen(now)))
        })
    }

    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped> {
        Box::pin(async move { Ok(self.swap_now(&swap)) })
    }

    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch> {
        Box::pin(async move { Ok(self.watches.join(key)) })
    }

    fn clock(&self) -> Answer<'_, Duration> {
        Box::pin(async move { Ok(self.clock_now()) })
    }

    fn scan<'a>(&'a self, scan: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>> {
        Box::pin(async move { Ok(self.scan_now(scan)) })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.remove_now(key, expected)) })
    }

    fn ask_here(&self, ask: &mut dyn FnMut()) -> bool {
        ask();
        true
    }

    fn answers_within(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn records_whose_time_is_over_do_not_pile_up() {
        let store = MemoryStore::new();
        let keep = Some(Duration::from_secs(1));
        for round in 0..100 {
            for number in 0..100 {
                let key = format!("{round}/{number}");
                let swap = Swap { key: &key, expected: None, next: b"record", keep, wake: Wake::Nobody };
                assert_eq!(store.swap_now(&swap), Swapped::Written);
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(store.records().by_key.len() < 2 * FIRST_SWEEP);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_goes_on_from_there_and_decides_what_is_over() {
        let store = MemoryStore::new();
        let keep = Some(Duration::from_secs(10));
        let swap = Swap { key: "key", expected: None, next: b"record", keep, wake: Wake::Nobody };
        assert_eq!(store.swap_now(&swap), Swapped::Written);
        let mut watch = store.watches.join("key");
        let left = async || store.load("key").await.expect("memory does not fail").and_then(|seen| seen.left);
        for (set, expected) in [(9, Some(1)), (10, None), (0, Some(10))] {
            store.set_clock(BIRTH + Duration::from_secs(set));
            assert_eq!(left().await, expected.map(Duration::from_secs), "{set} s after the swap");
            watch.changed().await;
        }
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!((store.clock_now(), left().await), (BIRTH + Duration::from_secs(4), Some(Duration::from_secs(6))));
    }
}
