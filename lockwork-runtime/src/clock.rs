//! The only place that reads a clock.

use std::time::Duration;

use tokio::time::Instant;

/// Now, on the monotonic clock of the runtime that this is called in.
///
/// Inside a runtime whose time is paused this is that runtime's time, which lets a test own it.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The host's wall clock, as the time since the Unix epoch. Only a store that lives on this host may ask it.
#[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only the SQLite store keeps time by it"))]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn wall() -> Duration {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.unwrap_or(Duration::ZERO)
}
