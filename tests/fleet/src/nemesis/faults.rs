//! Tracks of faults: each goes through all of its kinds in an order that follows from the seed, again and again. Several
//! tracks at a time make faults overlap. Knows no kind of fault.

pub(crate) mod network;
pub(crate) mod processes;
pub(crate) mod redis;
pub(crate) mod sqlite;

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::ops::AddAssign;
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
    /// What was seen of each kind.
    seen: Mutex<BTreeMap<String, Seen>>,
}

/// What was seen of the faults of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Seen {
    /// There was none, or only in vain.
    #[default]
    Nothing,
    /// There were so many. Nothing counts what they did.
    InForce(u64),
    /// They did what they were to do so often.
    Bit(u64),
}

/// How often a track goes through its kinds before it gives up one of which nothing is seen.
const PASSES: u64 = 10;

/// A way to harm a fleet, one fault at a time.
pub(crate) trait Track: Sync {
    type Kind: Copy + Debug + Sync + 'static;

    /// All kinds of fault of this track.
    const KINDS: &'static [Self::Kind];

    /// Has a fault of this kind in force for about so long. Says what was seen of it.
    fn strike(&self, kind: Self::Kind, lot: Lot) -> anyhow::Result<Seen>;
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
        Self { seed, began: clock::now(), is_over: AtomicBool::new(false), seen: Mutex::default() }
    }

    /// Announces the faults of a track.
    pub(crate) fn announce<T: Track>(&self, _: &T) {
        let names = T::KINDS.iter().map(|kind| (format!("{kind:?}"), Seen::Nothing));
        self.lock().extend(names);
    }

    /// Whether something was seen of every kind that was announced.
    pub(crate) fn has_had_all(&self) -> bool {
        self.lock().values().all(|seen| *seen != Seen::Nothing)
    }

    /// Lets every track end after the fault that it has in force.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// What was seen of each kind.
    pub(crate) fn seen(&self) -> BTreeMap<String, Seen> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes through the faults of a track, until the field is over.
    ///
    /// # Errors
    ///
    /// If one of them cannot be had, or is always in vain.
    pub(crate) fn run<T: Track>(&self, name: &str, track: &T) -> anyhow::Result<()> {
        for pass in 0_u64.. {
            for kind in shuffled(T::KINDS, self.seed, (name, pass)) {
                let lot = Lot(draw(self.seed, (name, pass, format!("{kind:?}"))));
                thread::sleep(Duration::from_millis(lot.below(LONGEST_GAP, "gap")));
                if self.is_over.load(Ordering::Relaxed) {
                    return Ok(());
                }
                println!("{:8.2} s  {name}: {kind:?}", (clock::now() - self.began).as_secs_f64());
                let seen = track.strike(kind, lot)?;
                *self.lock().entry(format!("{kind:?}")).or_default() += seen;
            }
            let in_vain = T::KINDS.iter().find(|kind| self.lock().get(&format!("{kind:?}")) == Some(&Seen::Nothing));
            ensure!(pass < PASSES || in_vain.is_none(), "a fault is always in vain: {in_vain:?}");
        }
        unreachable!("the loop has no end of its own")
    }
}

impl Seen {
    /// So many effects were seen, which may be none.
    pub(crate) fn bit(count: u64) -> Self {
        if count == 0 { Self::Nothing } else { Self::Bit(count) }
    }
}

impl AddAssign for Seen {
    fn add_assign(&mut self, more: Self) {
        *self = match (*self, more) {
            (Self::Nothing, seen) | (seen, Self::Nothing) => seen,
            (Self::Bit(some), Self::Bit(more)) => Self::Bit(some + more),
            // Of some of them it is not known what they did, so it is of all.
            (Self::InForce(some) | Self::Bit(some), Self::InForce(more) | Self::Bit(more)) => {
                Self::InForce(some + more)
            }
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("in vain"),
            Self::InForce(times) => write!(f, "in force {times} times"),
            Self::Bit(times) => write!(f, "bit {times} times"),
        }
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
    fn a_fault_whose_effect_nobody_counts_is_not_said_to_have_bitten() {
        let sum = |all: [Seen; 2]| {
            let mut sum = Seen::default();
            all.into_iter().for_each(|seen| sum += seen);
            sum.to_string()
        };
        assert_eq!(sum([Seen::InForce(1), Seen::Nothing]), "in force 1 times");
        assert_eq!(sum([Seen::bit(2), Seen::bit(3)]), "bit 5 times");
        assert_eq!(sum([Seen::bit(2), Seen::InForce(1)]), "in force 3 times");
        assert_eq!(sum([Seen::bit(0), Seen::Nothing]), "in vain");
    }

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
