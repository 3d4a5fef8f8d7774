//! When the slots of a cron expression begin in a time zone, in seconds since the Unix epoch. Knows no clock.
//!
//! An expression that names its minutes and hours names local times. One that does not exist is taken for the first
//! instant after the gap, and one that exists twice for the first of the two. An expression with a `*` for the minute or
//! the hour follows the clock on the wall: what falls into a gap is left out, and a repeated hour has its slots again.
//! That is the rule of Vixie's cron. The library that searches takes a list or a range of hours for a `*`, so where times
//! are named it only searches plain days, and the changes of the clock are seen to here.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// What was parsed before, as every call of a job says its expression anew.
static PARSED: LazyLock<Mutex<HashMap<String, Arc<Cron>>>> = LazyLock::new(Mutex::default);

/// How many expressions are remembered; a program that makes them up has no end of them.
const REMEMBERED: usize = 256;

/// A cron expression in a time zone. One that exists comes true some time.
pub(crate) struct Cron {
    expression: croner::Cron,
    zone: TimeZone,
    times: Times,
    /// The slot that was asked for last: from its beginning to the next one's. Most questions are about the same or the
    /// one after it, and to search takes time, where the program is not optimised most of what a slot takes.
    latest: Mutex<Range<u64>>,
}

/// What an expression's minutes and hours mean where the clock is changed.
#[derive(Clone, Copy, Debug)]
enum Times {
    Named,
    OnTheWall,
}

impl Cron {
    /// The one that was parsed before, or a new one.
    pub(super) fn find(expression: &str, tz: &str) -> Result<Arc<Self>, String> {
        let name = format!("{tz} {expression}");
        let parsed = || PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cron) = parsed().get(&name) {
            return Ok(Arc::clone(cron));
        }
        let cron = Arc::new(Self::parse(expression, tz)?);
        let mut parsed = parsed();
        if REMEMBERED <= parsed.len() {
            parsed.clear();
        }
        parsed.insert(name, Arc::clone(&cron));
        Ok(cron)
    }

    /// # Errors
    ///
    /// What is wrong, and what to do.
    pub(super) fn parse(expression: &str, tz: &str) -> Result<Self, String> {
        if let Err(mistakes) = lockwork_cron::check(expression) {
            // The words of the others are for those who read them beside the expression.
            let first = mistakes.into_iter().next().map(|mistake| mistake.to_string()).unwrap_or_default();
            return Err(format!("in `cron` {expression:?}, {first}"));
        }
        let is_every = |field: &str| field.contains('*');
        let times = if expression.split_whitespace().take(2).any(is_every) { Times::OnTheWall } else { Times::Named };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let parsed = parser.parse(expression).map_err(|error| format!("`cron` cannot be {expression:?}: {error}"))?;
        let zone = zone(tz)?;
        let start = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
        parsed.find_next_occurrence(&start, true).map_err(|_| {
            format!("`cron` names a date that never comes: {expression:?}; correct its day or its month")
        })?;
        Ok(Self { expression: parsed, zone, times, latest: Mutex::default() })
    }

    /// The latest slot that has begun.
    pub(super) fn last(&self, now: u64) -> Option<u64> {
        let latest = self.latest().clone();
        if latest.contains(&now) {
            return Some(latest.start);
        }
        if !latest.is_empty()
            && latest.end <= now
            && let Some(next) = self.search_next(latest.end)
            && now < next
        {
            *self.latest() = latest.end..next;
            return Some(latest.end);
        }
        let last = self.search_last(now)?;
        if let Some(next) = self.search_next(last) {
            *self.latest() = last..next;
        }
        Some(last)
    }

    /// The first slot after `time`.
    pub(super) fn next(&self, time: u64) -> Option<u64> {
        let latest = self.latest().clone();
        if latest.contains(&time) { Some(latest.end) } else { self.search_next(time) }
    }

    fn latest(&self) -> MutexGuard<'_, Range<u64>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn search_last(&self, now: u64) -> Option<u64> {
        let now = timestamp(now)?;
        let slot = match self.times {
            Times::Named => {
                let local = self.expression.find_previous_occurrence(&self.latest_local(now)?, true).ok()?;
                self.instant(local)?
            }
            Times::OnTheWall => {
                let zoned = now.to_zoned(self.zone.clone());
                self.expression.find_previous_occurrence(&zoned, true).ok()?.timestamp()
            }
        };
        seconds(slot)
    }

    fn search_next(&self, time: u64) -> Option<u64> {
        let time = timestamp(time)?;
        let slot = match self.times {
            Times::Named => {
                let mut local = self.latest_local(time)?;
                loop {
                    local = self.expression.find_next_occurrence(&local, false).ok()?;
                    let slot = self.instant(local)?;
                    // All of a gap's times are one instant.
                    if time < slot {
                        break slot;
                    }
                }
            }
            Times::OnTheWall => {
                let zoned = time.to_zoned(self.zone.clone());
                self.expression.find_next_occurrence(&zoned, false).ok()?.timestamp()
            }
        };
        seconds(slot)
    }

    /// The latest local time that there has been: in the second of two equal hours it is the end of the first.
    fn latest_local(&self, now: Timestamp) -> Option<DateTime> {
        let local = self.zone.to_datetime(now);
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            AmbiguousOffset::Fold { before, after } if self.zone.to_offset(now) == after => {
                let change = self.change_after(ambiguous.earlier().ok()?)?;
                before.to_datetime(change).checked_sub(1.second()).ok()
            }
            _ => Some(local),
        }
    }

    /// When a local time is.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let earlier = ambiguous.earlier().ok()?;
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => self.change_after(earlier),
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => Some(earlier),
        }
    }

    /// The next time at which the zone's clock is changed.
    fn change_after(&self, instant: Timestamp) -> Option<Timestamp> {
        self.zone.following(instant).next().map(|change| change.timestamp())
    }
}

/// # Errors
///
/// What is wrong, and what to do. A name has one spelling, which is the one that people find in lists and logs.
fn zone(tz: &str) -> Result<TimeZone, String> {
    const EXAMPLES: &str = "`tz` is the name of a time zone, as \"Europe/Berlin\", \"America/New_York\" or \"UTC\"";
    let zone = ZONES.get(tz).map_err(|_| format!("{EXAMPLES}; {tz:?} is none"))?;
    match zone.iana_name() {
        Some(name) if name != tz => Err(format!("{EXAMPLES}; for {tz:?} write {name:?}")),
        _ => Ok(zone),
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Cron");
        out.field("expression", &self.expression.as_str()).field("zone", &self.zone.iana_name());
        out.field("times", &self.times).finish()
    }
}

fn timestamp(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn seconds(slot: Timestamp) -> Option<u64> {
    u64::try_from(slot.as_second()).ok()
}
