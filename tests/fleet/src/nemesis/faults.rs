//! Tracks of faults: each goes through all of its kinds in an order that follows from the seed, again and again. Several
//! tracks at a time make faults overlap. Knows no kind of fault.

pub(crate) mod network;
pub(crate) mod processes;
pub(crate) mod redis;
pub(crate) mod sqlite;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
use lockwork_test_support::draw;

use crate::clock;

/// The longest pause between two faults of a track.
const LONGEST_GAP: u64 = 250;

/// The faults of a run, and what is known of them.
pub(crate) struct Field {
    seed: u64,
    began: Instant,
    is_over: AtomicBool,
    /// How often each kind was seen to bite; zero for one that there was in vain, or is still to come.
    bites: Mutex<BTreeMap<String, u64>>,
}

/// How often a track goes through its kinds before it gives up one that never bites.
const PASSES: u64 = 10;

/// A way to harm a fleet, one fault at a time.
pub(crate) trait Track: Sync {
    type Kind: Copy + Debug + Sync + 'static;

    /// All kinds of fault of this track.
    const KINDS: &'static [Self::Kind];

    /// Has a fault of this kind in force for about so long. Says how often it was seen to bite.
    fn strike(&self, kind: Self::Kind, lot: Lot) -> anyhow::Result<u64>;
}

/// What the details of one fault follow from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lot(u64);

impl Lot {
    /// A number below `end`, for this purpose.
    pub(crate) fn below(self, end: u64, purpose: &str) -> u64 {
        draw(self.0, purpose) % end
    }

    /// For how long a fault is in force, between these milliseconds.
    pub(crate) fn lasting(self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least + 1, "lasting"))
    }

    pub(crate) fn slot(self, slots: usize) -> usize {
        usize::try_from(self.below(slots as u64, "slot")).unwrap_or(0)
    }
}

impl Field {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, began: clock::now(), is_over: AtomicBool::new(false), bites: Mutex::default() }
    }

    /// Announces the faults of a track.
    pub(crate) fn announce<T: Track>(&self, _: &T) {
        let names = T::KINDS.iter().map(|kind| (format!("{kind:?}"), 0));
        self.lock().extend(names);
    }

    /// Whether a fault of every kind that was announced has bitten.
    pub(crate) fn has_had_all(&self) -> bool {
        self.lock().values().all(|bites| 0 < *bites)
    }

    /// Lets every track end after the fault that it has in force.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// How often each kind was seen to bite; zero for one that there was in vain.
    pub(crate) fn bites(&self) -> BTreeMap<String, u64> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.bites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes through the faults of a track, until the field is over.
    ///
    /// # Errors
    ///
    /// If one of them cannot be had, or never bites.
    pub(crate) fn run<T: Track>(&self, name: &str, track: &T) -> anyhow::Result<()> {
        for pass in 0_u64.. {
            for kind in shuffled(T::KINDS, self.seed, (name, pass)) {
                let lot = Lot(draw(self.seed, (name, pass, format!("{kind:?}"))));
                thread::sleep(Duration::from_millis(lot.below(LONGEST_GAP, "gap")));
                if self.is_over.load(Ordering::Relaxed) {
                    return Ok(());
                }
                println!("{:8.2} s  {name}: {kind:?}", (clock::now() - self.began).as_secs_f64());
                let bites = track.strike(kind, lot)?;
                *self.lock().entry(format!("{kind:?}")).or_default() += bites;
            }
            let toothless = T::KINDS.iter().find(|kind| self.lock().get(&format!("{kind:?}")) == Some(&0));
            ensure!(pass < PASSES || toothless.is_none(), "a fault never bites: {toothless:?}");
        }
        unreachable!("the loop has no end of its own")
    }
}

/// The kinds in an order that follows from the seed and the name.
fn shuffled<K: Copy + Debug>(kinds: &[K], seed: u64, name: (&str, u64)) -> Vec<K> {
    let mut kinds = kinds.to_vec();
    kinds.sort_by_cached_key(|kind| draw(seed, (name, format!("{kind:?}"))));
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_faults_follows_from_the_seed() {
        let kinds: Vec<u32> = (0..20).collect();
        let orders = [1, 1, 2].map(|seed| shuffled(&kinds, seed, ("a track", 0)));
        assert_eq!(orders[0], orders[1]);
        assert_ne!(orders[0], orders[2]);
        assert_ne!(orders[0], shuffled(&kinds, 1, ("a track", 1)));
        let mut sorted = orders[0].clone();
        sorted.sort_unstable();
        assert_eq!(sorted, kinds);
    }
}
