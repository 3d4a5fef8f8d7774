//! What a body sees of its attempt. Knows no store.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::job::Key;
use crate::moment::Moment;
use crate::record::{Nonce, Series};
use crate::schedule::Slot;

/// One numbered begin of a job's body.
///
/// Clones are the same attempt, and may go to tasks that the body spawns.
#[derive(Clone)]
pub struct Attempt {
    inner: Arc<Inner>,
    /// Of which slot, as its caller knows.
    slot: Option<Slot>,
}

struct Inner {
    identity: Identity,
    clock: Clock,
    begun: Instant,
    deadline: Moment,
    is_cut: AtomicBool,
    /// Told when it is cut.
    cut: Notify,
}

/// What is fixed when an attempt begins.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Which engine of this process runs it.
    pub(crate) engine: u64,
    pub(crate) key: Key,
    pub(crate) nonce: Nonce,
    pub(crate) number: u32,
    pub(crate) max_attempts: u32,
    pub(crate) fence: u64,
    pub(crate) series: Series,
}

impl Attempt {
    pub(crate) fn new(identity: Identity, clock: Clock, begun: Instant, deadline: Instant) -> Self {
        let inner = Inner {
            identity,
            clock,
            begun,
            deadline: Moment::new(begun, deadline),
            is_cut: AtomicBool::new(false),
            cut: Notify::new(),
        };
        Self { inner: Arc::new(inner), slot: None }
    }

    pub(crate) fn in_slot(self, slot: Option<Slot>) -> Self {
        Self { slot, ..self }
    }

    /// The job's key, with its slot where it has slots.
    #[must_use]
    pub fn key(&self) -> &str {
        self.inner.identity.key.as_str()
    }

    /// The attempt's number, from 1. One that was handed back does not count, and its number is used again.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.inner.identity.number
    }

    /// How many attempts the series has.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.inner.identity.max_attempts
    }

    /// Whether no other attempt follows when this one fails.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.max_attempts() <= self.number()
    }

    /// The fencing token: of two attempts of a key the later one has the higher fence, for ever.
    ///
    /// A resource that remembers the highest fence it has seen and refuses lower ones can't be written by an attempt
    /// that was taken for dead and woke up again. It is at most 2^53, which a signed 64-bit column, JSON and a script
    /// have exactly.
    #[must_use]
    pub fn fence(&self) -> u64 {
        self.inner.identity.fence
    }

    /// Names the work, not the attempt: it is the same for all attempts of a series, and never used again.
    ///
    /// A payment provider that is given it pays once, however many attempts ask.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        self.inner.identity.series.to_string()
    }

    /// How long the attempt counts, unless it is renewed, as it is every third of the lease. Zero when it is over.
    #[must_use]
    pub fn lease_left(&self) -> Duration {
        if self.is_cut() {
            return Duration::ZERO;
        }
        self.inner.deadline.get().saturating_duration_since(self.inner.clock.now())
    }

    /// When the slot began whose job this is, by the store's clock; `None` for a job without slots.
    ///
    /// An attempt may run long after that, when others failed before.
    #[must_use]
    pub fn slot(&self) -> Option<SystemTime> {
        self.slot.map(|slot| UNIX_EPOCH + slot.begin())
    }

    /// Waits until the attempt ends without a completion: its lease is lost, it ran too long, it failed, or nobody
    /// waits for it any more.
    ///
    /// For work that the body spawned and that would otherwise outlive it.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future has no effect.
    pub async fn cancelled(&self) {
        // Made before it is asked, so that no cut is missed between the two.
        let cut = self.inner.cut.notified();
        if !self.is_cut() {
            cut.await;
        }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    pub(crate) fn begun(&self) -> Instant {
        self.inner.begun
    }

    /// How long ago it was begun, in whole milliseconds.
    pub(crate) fn age(&self) -> Duration {
        let age = self.inner.clock.now().saturating_duration_since(self.inner.begun);
        Duration::from_millis(u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
    }

    /// Whether the body may not run on.
    pub(crate) fn is_over(&self) -> bool {
        self.lease_left().is_zero()
    }

    pub(crate) fn extend(&self, deadline: Instant) {
        self.inner.deadline.set(deadline);
    }

    pub(crate) fn cut(&self) {
        self.inner.is_cut.store(true, Ordering::Release);
        self.inner.cut.notify_waiters();
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.inner.is_cut.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Identity { key, number, max_attempts, fence, .. } = &self.inner.identity;
        let mut out = f.debug_struct("Attempt");
        out.field("key", key).field("number", number).field("max_attempts", max_attempts).field("fence", fence);
        out.finish_non_exhaustive()
    }
}
