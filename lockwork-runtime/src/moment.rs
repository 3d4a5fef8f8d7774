//! An instant that threads share without a lock. Reads no clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// An instant that may be changed: never before its base, and at most 584 years after it.
#[derive(Debug)]
pub(crate) struct Moment {
    base: Instant,
    nanos: AtomicU64,
}

impl Moment {
    /// `at`, or `base` if that is later.
    pub(crate) fn new(base: Instant, at: Instant) -> Self {
        Self { base, nanos: AtomicU64::new(nanos_between(base, at)) }
    }

    pub(crate) fn get(&self) -> Instant {
        self.base + Duration::from_nanos(self.nanos.load(Ordering::Acquire))
    }

    pub(crate) fn set(&self, at: Instant) {
        self.nanos.store(nanos_between(self.base, at), Ordering::Release);
    }

    /// Sets it, unless it is later already.
    pub(crate) fn raise(&self, at: Instant) {
        let nanos = nanos_between(self.base, at);
        // Looked at first: many raise it to the same instant, and to write costs far more than to read.
        if self.nanos.load(Ordering::Acquire) < nanos {
            self.nanos.fetch_max(nanos, Ordering::AcqRel);
        }
    }
}

/// None, if `at` is before `base`.
fn nanos_between(base: Instant, at: Instant) -> u64 {
    u64::try_from(at.saturating_duration_since(base).as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn it_is_set_both_ways_and_raised_one_way() {
        let base = clock::now();
        let at = |seconds| base + Duration::from_secs(seconds);
        let moment = Moment::new(base, at(2));
        moment.raise(at(1));
        assert_eq!(moment.get(), at(2));
        moment.raise(at(3));
        assert_eq!(moment.get(), at(3));
        moment.set(at(1));
        assert_eq!(moment.get(), at(1));
        assert_eq!(Moment::new(at(2), at(1)).get(), at(2));
    }
}
