//! The only place that reads a clock.

use tokio::time::Instant;

/// Which monotonic clock an engine and its attempts live by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The machine's. The engine's own thread lives by it, whatever a caller's runtime does with its time.
    Machine,
    /// That of the runtime in which it is read, which may be paused.
    #[cfg_attr(
        not(any(test, feature = "testing")),
        expect(dead_code, reason = "only tests host an engine in a runtime of theirs")
    )]
    Runtime,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub(crate) fn now(self) -> Instant {
        match self {
            Self::Machine => Instant::from_std(std::time::Instant::now()),
            Self::Runtime => Instant::now(),
        }
    }
}

/// Now, on the clock of the runtime in which this is called.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The host's wall clock, as the time since the Unix epoch. Only a store that lives on this host may ask it.
#[cfg(feature = "sqlite")]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn wall() -> std::time::Duration {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.unwrap_or_default()
}
