//! Whether a store answers, and what its clock says. Knows no keys.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::event::{Event, Listener};
use crate::moment::Moment;
use crate::store::StoreError;

/// How long one waits at most before the store's clock is looked at again.
const LONGEST_SLEEP: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How many times longer than `ping_every` the store's clock is left unread while other answers come. Revisions follow
/// the clock, so one that was set is to be noticed all the same.
const RAREST_PING: u32 = 6;

/// What is known of a store's well-being.
#[derive(Debug)]
pub(crate) struct Health {
    listener: Listener,
    is_troubled: AtomicBool,
    /// When the first reading was heard.
    start: Instant,
    /// What the store's clock said at `start`, as far as the last reading tells, in nanoseconds since the Unix epoch.
    clock: AtomicI64,
    /// Told of every reading.
    read: Notify,
    /// How many wait for a time on the store's clock.
    waiting: AtomicUsize,
    /// When a request of a keeper was last sent, of those that were answered.
    answered: Moment,
}

/// What the store's clock said, and when that was heard. The store's clock has gone on since it was read, so what is
/// derived from this never runs ahead of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) store: Duration,
    pub(crate) heard: Instant,
}

impl Health {
    pub(crate) fn new(listener: Listener, reading: Reading) -> Self {
        Self {
            listener,
            is_troubled: AtomicBool::new(false),
            start: reading.heard,
            clock: AtomicI64::new(nanos(reading.store)),
            read: Notify::new(),
            waiting: AtomicUsize::new(0),
            answered: Moment::new(reading.heard, reading.heard),
        }
    }

    /// The store did not answer.
    pub(crate) fn trouble(&self, error: &StoreError) {
        if !self.is_troubled.swap(true, Ordering::Relaxed) {
            self.listener.tell(|| Event::StoreTrouble { error: error.to_string() });
        }
    }

    /// The store answered what was asked of it at `sent`.
    pub(crate) fn answered(&self, sent: Instant) {
        // Answers may come in another order than what they answer was sent in.
        self.answered.raise(sent);
        self.recovered();
    }

    /// The store is well.
    pub(crate) fn recovered(&self) {
        // Asked first, as each answer comes here and hardly any finds trouble.
        if self.is_troubled.load(Ordering::Relaxed) && self.is_troubled.swap(false, Ordering::Relaxed) {
            self.listener.tell(|| Event::StoreRecovered);
        }
    }

    /// Its clock was read.
    pub(crate) fn heard(&self, reading: Reading) {
        let said = nanos(reading.store).saturating_sub(self.since_start(reading.heard));
        self.clock.store(said, Ordering::Release);
        self.read.notify_waiters();
    }

    /// When the store's clock is to be asked next, which was last asked at `asked`.
    ///
    /// Any answer is a sign of life, which spares the store this question; but whoever waits for a time on its clock
    /// relies on the readings. It is never further away than `ping_every`, so one who begins to wait is noticed by then.
    pub(crate) fn next_ping(&self, asked: Instant, ping_every: Duration) -> Instant {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            return asked + ping_every;
        }
        (self.answered.get().max(asked) + ping_every).min(asked + ping_every * RAREST_PING)
    }

    /// What the store's clock says about `now`, since the Unix epoch.
    pub(crate) fn store_clock(&self, now: Instant) -> Duration {
        let says = self.clock.load(Ordering::Acquire).saturating_add(self.since_start(now));
        Duration::from_nanos(u64::try_from(says).unwrap_or(0))
    }

    fn since_start(&self, now: Instant) -> i64 {
        nanos(now.saturating_duration_since(self.start))
    }

    /// Waits until the store's clock says `time`. A store's clock may be set, so each reading is waited for too.
    pub(crate) async fn until(&self, time: Duration, clock: Clock) {
        let _waiting = Waiting::among(&self.waiting);
        loop {
            let read = self.read.notified();
            let now = clock.now();
            let left = time.saturating_sub(self.store_clock(now));
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = sleep_until(now.checked_add(left).unwrap_or(now + LONGEST_SLEEP)) => {}
                () = read => {}
            }
        }
    }
}

/// As far as the year 2262. Revisions, which follow a store's clock, end in 2255.
fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Somebody who waits for a time on the store's clock, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_for_the_stores_clock_follows_it_when_it_is_set() {
        let reading = |store| Reading { store: Duration::from_secs(store), heard: Clock::Runtime.now() };
        let health = Health::new(Listener::default(), reading(1000));
        let mut wait = std::pin::pin!(health.until(Duration::from_secs(2000), Clock::Runtime));
        assert!(poll!(&mut wait).is_pending());
        advance(Duration::from_secs(500)).await;
        health.heard(reading(1000));
        advance(Duration::from_secs(999)).await;
        assert!(poll!(&mut wait).is_pending(), "it was set back");
        health.heard(reading(2000));
        assert!(poll!(&mut wait).is_ready(), "it was put forward");
    }
}
