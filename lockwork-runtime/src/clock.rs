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
///
/// It is the kernel that is asked, as all processes of the host have that in common. What the C library says may be one
/// process's alone, where something like libfaketime is loaded into it.
#[cfg(all(feature = "sqlite", unix))]
pub(crate) fn wall() -> std::time::Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    // A clock that stands before 1970 has no time to tell.
    std::time::Duration::try_from(now).unwrap_or_default()
}

/// The same where there is no such kernel.
#[cfg(all(feature = "sqlite", not(unix)))]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn wall() -> std::time::Duration {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.unwrap_or_default()
}
