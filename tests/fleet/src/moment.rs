//! Moments that several processes compare. Knows nothing of what happens in them.

use std::time::SystemTime;

/// Microseconds since 1970, on the clock that all processes of a host share.
#[must_use]
pub fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "when things happen is what is measured, across processes")]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
