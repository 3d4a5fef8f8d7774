//! When the slots of a scheduled job begin, pure: no clock, no store, no key. All time is since the Unix epoch.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "cron")]
mod cron;
#[cfg(test)]
mod tests;

/// The longest period.
const LONGEST_PERIOD: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What somebody said about a job's slots. May be anything; a call says what cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing(Said);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Per(Duration),
    Cron { expression: Cow<'static, str>, tz: Cow<'static, str> },
}

impl Timing {
    /// A slot for each `period`, counted from the Unix epoch.
    #[must_use]
    pub const fn per(period: Duration) -> Self {
        Self(Said::Per(period))
    }

    /// A slot for each time that a cron expression names, in a time zone.
    #[must_use]
    pub const fn cron(expression: &'static str, tz: &'static str) -> Self {
        Self(Said::Cron { expression: Cow::Borrowed(expression), tz: Cow::Borrowed(tz) })
    }

    pub(crate) fn cron_of(expression: &str, tz: &str) -> Self {
        Self(Said::Cron { expression: Cow::Owned(expression.to_owned()), tz: Cow::Owned(tz.to_owned()) })
    }
}

/// A rule by which slots follow on each other. One that exists has them.
#[derive(Clone, Debug)]
pub(crate) enum Schedule {
    /// In milliseconds, from the epoch on.
    Per(u64),
    #[cfg(feature = "cron")]
    Cron(std::sync::Arc<cron::Cron>),
}

/// A slot, named by when it begins: in milliseconds since the Unix epoch, as finely as its schedule needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    begin: u64,
    has_millis: bool,
}

impl Schedule {
    /// # Errors
    ///
    /// The argument and what to do, in the words of [`ErrorKind::BadJob`](crate::ErrorKind::BadJob).
    pub(crate) fn parse(timing: &Timing) -> Result<Self, String> {
        match &timing.0 {
            Said::Per(period) => Self::per(*period),
            #[cfg(feature = "cron")]
            Said::Cron { expression, tz } => cron::Cron::find(expression, tz).map(Self::Cron),
            #[cfg(not(feature = "cron"))]
            Said::Cron { .. } => {
                Err("`cron` needs lockwork's Cargo feature `cron`, which is off: turn it on".to_owned())
            }
        }
    }

    fn per(period: Duration) -> Result<Self, String> {
        checked_period(period).map_err(str::to_owned)?;
        Ok(Self::Per(millis(period)))
    }

    /// The latest slot that has begun at `now`. What is before 1970 counts as its beginning.
    pub(crate) fn slot_at(&self, now: Duration) -> Slot {
        match self {
            Self::Per(period) => self.slot(millis(now) / period * period),
            #[cfg(feature = "cron")]
            Self::Cron(cron) => self.slot(cron.last(now.as_secs()).unwrap_or(0) * 1000),
        }
    }

    /// The first slot that begins after `time`; `None` when there never is one again.
    pub(crate) fn next_after(&self, time: Duration) -> Option<Slot> {
        match self {
            Self::Per(period) => (millis(time) / period + 1).checked_mul(*period).map(|begin| self.slot(begin)),
            #[cfg(feature = "cron")]
            Self::Cron(cron) => cron.next(time.as_secs()).map(|begin| self.slot(begin * 1000)),
        }
    }

    /// The period, of a schedule that has one.
    pub(crate) fn period(&self) -> Option<Duration> {
        match self {
            Self::Per(period) => Some(Duration::from_millis(*period)),
            #[cfg(feature = "cron")]
            Self::Cron(_) => None,
        }
    }

    /// The time from `slot` to the next one.
    pub(crate) fn length(&self, slot: Slot) -> Duration {
        self.next_after(slot.begin()).map_or(Duration::ZERO, |next| next.begin() - slot.begin())
    }

    /// For how long the record of `slot` is kept when nobody says: 7 days, or until the second next slot begins, where
    /// that is longer. So there always is the record of the last slot.
    pub(crate) fn default_retain(&self, slot: Slot) -> Duration {
        const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
        let after = |slot: Slot| self.next_after(slot.begin());
        let second_next = after(slot).and_then(after);
        second_next.map_or(WEEK, |next| next.begin() - slot.begin()).max(WEEK)
    }

    fn slot(&self, begin: u64) -> Slot {
        let has_millis = matches!(self, Self::Per(period) if !period.is_multiple_of(1000));
        Slot { begin, has_millis }
    }

    /// How many bytes a slot adds to the key.
    pub(crate) fn slot_len(&self) -> usize {
        "@".len() + self.slot(0).to_string().len()
    }
}

impl Slot {
    pub(crate) fn begin(self) -> Duration {
        Duration::from_millis(self.begin)
    }
}

/// RFC 3339, with three digits of a second where the schedule's period is not whole seconds. So the slots of a key are
/// ordered by their text, too.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begin = UNIX_EPOCH + self.begin();
        if self.has_millis {
            humantime::format_rfc3339_millis(begin).fmt(f)
        } else {
            humantime::format_rfc3339_seconds(begin).fmt(f)
        }
    }
}

/// When the slot began that a key names, as `report@2026-11-23T02:00:00Z` does; `None` for a key without one.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let slot = lockwork_runtime::slot_of("report@2026-11-23T02:00:00Z");
/// assert_eq!(slot, Some(UNIX_EPOCH + Duration::from_secs(1_795_399_200)));
/// assert_eq!(lockwork_runtime::slot_of("report"), None);
/// ```
#[must_use]
pub fn slot_of(key: &str) -> Option<SystemTime> {
    let (_, slot) = key.rsplit_once('@')?;
    let is_ours = matches!(slot.len(), 20 | 24) && slot.as_bytes()[10] == b'T' && slot.ends_with('Z');
    if is_ours { humantime::parse_rfc3339(slot).ok() } else { None }
}

/// # Errors
///
/// In the words that the attribute's compile errors use too.
pub(crate) const fn checked_period(period: Duration) -> Result<(), &'static str> {
    if period.is_zero() {
        return Err("`per` must not be zero: it is the time from one slot to the next");
    }
    if LONGEST_PERIOD.as_nanos() < period.as_nanos() {
        return Err("`per` must be at most a year: write `cron` for what comes more rarely");
    }
    if !period.subsec_nanos().is_multiple_of(1_000_000) {
        return Err("`per` must be a whole number of milliseconds: that is how slots are named");
    }
    Ok(())
}

/// # Errors
///
/// In the words that the attribute's compile errors use too.
pub(crate) const fn checked_retain(retain: Duration, period: Duration) -> Result<(), &'static str> {
    if retain.as_nanos() < period.as_nanos() {
        return Err(
            "`retain` must be at least the period, `per`: else a slot's record would be forgotten before the slot is over",
        );
    }
    Ok(())
}

/// What the attribute has to say about an expression and a zone, for the test that it does.
///
/// # Errors
///
/// In words.
#[cfg(feature = "cron")]
pub fn checked_cron(expression: &str, tz: &str) -> Result<(), String> {
    cron::Cron::parse(expression, tz).map(|_| ())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
