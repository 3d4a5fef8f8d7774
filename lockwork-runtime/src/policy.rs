//! The numbers of a job: lease, attempts, pauses. Knows no key, no store and no clock.

use std::time::Duration;

mod shared;

pub(crate) use shared::SharedPolicy;

/// How a job is run: its lease, its attempts and its pauses.
///
/// [`Policy::new`] has the defaults. The setters take anything; [`Policy::checked`] says what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(crate) timeout: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Duration,
    pub(crate) retain: Option<Duration>,
    pub(crate) cooldown: Option<Duration>,
    pub(crate) wait: Option<Duration>,
    pub(crate) max_run: Option<Duration>,
}

/// The longest pause that doubling makes of a shorter one.
const LONGEST_DOUBLED_PAUSE: Duration = Duration::from_secs(60);

/// The longest that an unfinished record is kept after its last sign of life, where its policy does not need longer.
const LONGEST_UNFINISHED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The longest duration that anybody may name. It keeps every sum of two in range in every store.
pub const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The shortest lease: below it, a busy machine's scheduling alone would look like a death.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);

impl Policy {
    /// The defaults: a lease of 5 s, 5 attempts, a first pause of 100 ms, kept for ever.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            timeout: Duration::from_millis(5000),
            max_attempts: 5,
            backoff: Duration::from_millis(100),
            retain: None,
            cooldown: None,
            wait: None,
            max_run: None,
        }
    }

    /// The lease; see [`Job::timeout`](crate::Job::timeout).
    #[must_use]
    pub const fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The attempts of a series; see [`Job::max_attempts`](crate::Job::max_attempts).
    #[must_use]
    pub const fn max_attempts(self, max_attempts: u32) -> Self {
        Self { max_attempts, ..self }
    }

    /// The pause after the first failure; see [`Job::backoff`](crate::Job::backoff).
    #[must_use]
    pub const fn backoff(self, backoff: Duration) -> Self {
        Self { backoff, ..self }
    }

    /// How long the record is kept; see [`Job::retain`](crate::Job::retain).
    #[must_use]
    pub const fn retain(self, retain: Duration) -> Self {
        Self { retain: Some(retain), ..self }
    }

    /// The pause after exhaustion; see [`Job::cooldown`](crate::Job::cooldown).
    #[must_use]
    pub const fn cooldown(self, cooldown: Duration) -> Self {
        Self { cooldown: Some(cooldown), ..self }
    }

    /// How long to wait for somebody else; see [`Job::wait`](crate::Job::wait).
    #[must_use]
    pub const fn wait(self, wait: Duration) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// The bound on one attempt; see [`Job::max_run`](crate::Job::max_run).
    #[must_use]
    pub const fn max_run(self, max_run: Duration) -> Self {
        Self { max_run: Some(max_run), ..self }
    }

    /// The policy in whole milliseconds, or what is wrong with it.
    ///
    /// # Errors
    ///
    /// The argument and what to do, in the words that the attribute's compile errors use too.
    pub const fn checked(self) -> Result<Self, &'static str> {
        if is_zero(self.timeout) {
            return Err("`timeout` must not be zero: it is how long a silent process counts as alive");
        }
        if is_less(self.timeout, SHORTEST_TIMEOUT) {
            return Err("`timeout` must be at least 100 ms: below it a busy machine looks like a dead process");
        }
        if self.max_attempts == 0 {
            return Err("`max_attempts` must be at least 1: with none the function could never run");
        }
        if let Some(retain) = self.retain
            && is_less(retain, self.timeout)
        {
            return Err(
                "`retain` must be at least the `timeout`: else the record would be forgotten during an attempt",
            );
        }
        if let Some(max_run) = self.max_run
            && is_zero(max_run)
        {
            return Err("`max_run` must not be zero: leave it out to let an attempt run as long as it takes");
        }
        if is_longer_than_longest(Some(self.timeout))
            || is_longer_than_longest(Some(self.backoff))
            || is_longer_than_longest(self.retain)
            || is_longer_than_longest(self.cooldown)
            || is_longer_than_longest(self.wait)
            || is_longer_than_longest(self.max_run)
        {
            return Err("a duration is over 100 years: leave `retain` or `wait` out for \"for ever\"");
        }
        Ok(self.in_whole_milliseconds())
    }

    const fn in_whole_milliseconds(self) -> Self {
        Self {
            timeout: whole(self.timeout),
            max_attempts: self.max_attempts,
            backoff: whole(self.backoff),
            retain: whole_option(self.retain),
            cooldown: whole_option(self.cooldown),
            wait: whole_option(self.wait),
            max_run: whole_option(self.max_run),
        }
    }

    /// The pause after failed attempt `attempt`.
    pub(crate) fn pause_after(&self, attempt: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).and_then(|factor| self.backoff.checked_mul(factor));
        let longest = LONGEST_DOUBLED_PAUSE.max(self.backoff);
        doubled.unwrap_or(longest).min(longest)
    }

    /// The pause after exhaustion.
    pub(crate) fn cooldown_or_default(&self) -> Duration {
        self.cooldown.unwrap_or(self.timeout * 2)
    }

    /// As long as it may take until a job is settled whose holders die one after the other.
    pub(crate) fn longest_series(&self) -> Duration {
        self.timeout.saturating_mul(self.max_attempts)
    }

    /// How long a record that is not done is kept, when it has to be there at least for `needed`.
    ///
    /// Twice that: a record that is forgotten at the very end of its lease would hide that an attempt was spent.
    pub(crate) fn keep_unfinished(&self, needed: Duration) -> Duration {
        let retained = self.retain.unwrap_or(LONGEST_UNFINISHED).min(LONGEST_UNFINISHED);
        retained.max(needed * 2)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

// `Duration` has no comparison that a constant could call.
const fn is_less(left: Duration, right: Duration) -> bool {
    left.as_nanos() < right.as_nanos()
}

const fn is_zero(duration: Duration) -> bool {
    duration.is_zero()
}

const fn is_longer_than_longest(duration: Option<Duration>) -> bool {
    match duration {
        Some(duration) => is_less(LONGEST, duration),
        None => false,
    }
}

/// Rounded up to milliseconds, the unit in which stores keep time.
const fn whole(duration: Duration) -> Duration {
    let beyond = duration.subsec_nanos() % 1_000_000;
    if beyond == 0 { duration } else { duration.saturating_add(Duration::from_nanos(1_000_000 - beyond as u64)) }
}

const fn whole_option(duration: Option<Duration>) -> Option<Duration> {
    match duration {
        Some(duration) => Some(whole(duration)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn pauses_double_up_to_a_minute_or_to_the_first() {
        let policy = Policy::new().backoff(ms(100));
        let pauses = [1, 2, 3, 10, 11, 40, u32::MAX].map(|attempt| policy.pause_after(attempt));
        assert_eq!(pauses, [100, 200, 400, 51_200, 60_000, 60_000, 60_000].map(ms));
        assert_eq!(Policy::new().backoff(ms(90_000)).pause_after(3), ms(90_000));
        assert_eq!(Policy::new().backoff(Duration::ZERO).pause_after(9), Duration::ZERO);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let wrong = [
            (Policy::new().timeout(Duration::ZERO), "`timeout` must not be zero"),
            (Policy::new().timeout(ms(99)), "`timeout` must be at least 100 ms"),
            (Policy::new().max_attempts(0), "`max_attempts`"),
            (Policy::new().retain(ms(4999)), "`retain`"),
            (Policy::new().max_run(Duration::ZERO), "`max_run`"),
            (Policy::new().wait(Duration::MAX), "over 100 years"),
        ];
        for (policy, why) in wrong {
            let error = policy.checked().expect_err(why);
            assert!(error.starts_with(why) || error.contains(why), "{error}");
        }
    }

    #[test]
    fn durations_are_whole_milliseconds_rounded_up() {
        let policy = Policy::new().backoff(Duration::from_nanos(1)).checked().expect("it is valid");
        assert_eq!(policy.backoff, ms(1));
    }

    #[test]
    fn an_unfinished_record_outlives_what_it_waits_for() {
        let policy = Policy::new().retain(ms(5000));
        assert_eq!(policy.keep_unfinished(ms(5000)), ms(10_000));
        assert_eq!(Policy::new().keep_unfinished(ms(5000)), LONGEST_UNFINISHED);
    }
}
