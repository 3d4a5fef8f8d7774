//! What the attribute's constants have to pass while the user's crate is compiled. Knows only the policy's own check.
//!
//! `track_caller` makes the compiler blame the user's constant, and not a line in here.

use std::time::Duration;

pub use crate::policy::LONGEST;
use crate::policy::Policy;
#[cfg(feature = "cron")]
pub use crate::schedule::checked_cron;
use crate::schedule::{checked_period, checked_retain};

/// The lease of a job that names none.
pub const DEFAULT_TIMEOUT: Duration = Policy::new().timeout;

#[track_caller]
const fn valid(policy: Policy) -> Policy {
    match policy.checked() {
        Ok(policy) => policy,
        Err(why) => panic!("{}", why),
    }
}

/// What an argument with `_ms` comes to.
#[must_use]
pub const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// `timeout`, in whole milliseconds.
#[track_caller]
#[must_use]
pub const fn timeout(timeout: Duration) -> Duration {
    valid(Policy::new().timeout(timeout)).timeout
}

/// `max_attempts`
#[track_caller]
#[must_use]
pub const fn max_attempts(max_attempts: u32) -> u32 {
    valid(Policy::new().max_attempts(max_attempts)).max_attempts
}

/// `backoff`, in whole milliseconds.
#[track_caller]
#[must_use]
pub const fn backoff(backoff: Duration) -> Duration {
    valid(Policy::new().backoff(backoff)).backoff
}

/// `retain`, in whole milliseconds, beside the job's `timeout`.
#[track_caller]
#[must_use]
pub const fn retain(retain: Duration, timeout: Duration) -> Duration {
    set(valid(Policy::new().timeout(timeout).retain(retain)).retain)
}

/// `cooldown`, in whole milliseconds.
#[track_caller]
#[must_use]
pub const fn cooldown(cooldown: Duration) -> Duration {
    set(valid(Policy::new().cooldown(cooldown)).cooldown)
}

/// `wait`, in whole milliseconds.
#[track_caller]
#[must_use]
pub const fn wait(wait: Duration) -> Duration {
    set(valid(Policy::new().wait(wait)).wait)
}

/// `max_run`, in whole milliseconds.
#[track_caller]
#[must_use]
pub const fn max_run(max_run: Duration) -> Duration {
    set(valid(Policy::new().max_run(max_run)).max_run)
}

/// `per`, which is a whole number of milliseconds.
#[track_caller]
#[must_use]
pub const fn per(period: Duration) -> Duration {
    match checked_period(period) {
        Ok(()) => period,
        Err(why) => panic!("{}", why),
    }
}

/// `retain` beside the job's `per`.
#[track_caller]
#[must_use]
pub const fn retain_beside_per(retain: Duration, period: Duration) -> Duration {
    match checked_retain(retain, period) {
        Ok(()) => retain,
        Err(why) => panic!("{}", why),
    }
}

const fn set(duration: Option<Duration>) -> Duration {
    duration.expect("the setter was called")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checked_value_is_in_whole_milliseconds() {
        assert_eq!(backoff(Duration::from_micros(1)), Duration::from_millis(1));
        assert_eq!(retain(Duration::from_secs(5), DEFAULT_TIMEOUT), Duration::from_secs(5));
    }

    #[test]
    #[should_panic(expected = "`retain` must be at least the `timeout`")]
    fn retain_is_compared_with_the_jobs_own_timeout() {
        let _ = retain(Duration::from_secs(5), Duration::from_secs(6));
    }
}
