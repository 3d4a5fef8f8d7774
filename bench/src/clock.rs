//! The only place that reads a clock. Knows not what is measured.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Now, on the machine's monotonic clock, which all processes of a host share.
#[expect(clippy::disallowed_methods, reason = "to measure is what this program is for")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The processor time that all threads of this process have had.
pub(crate) fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}

/// Now, in microseconds on the monotonic clock, as processes tell each other.
pub(crate) fn micros() -> u64 {
    let now: Duration = clock_gettime(ClockId::Monotonic).try_into().unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// Now, since 1970.
pub(crate) fn wall() -> Duration {
    clock_gettime(ClockId::Realtime).try_into().unwrap_or_default()
}
