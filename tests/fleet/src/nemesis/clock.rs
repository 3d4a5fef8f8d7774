//! The only place of the nemesis that reads a clock.

use std::time::Instant;

/// This moment. What a nemesis does takes its time, and how much is what it says.
#[expect(clippy::disallowed_methods, reason = "real processes on real stores know no other time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
