//! A job: a key and its policy. Knows no store and no clock.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::policy::{LONGEST, SharedPolicy};
use crate::schedule::{Schedule, Slot, Timing, checked_retain};

/// A key and how its job is run.
///
/// ```
/// use std::time::Duration;
/// use lockwork_runtime::Job;
///
/// let job = Job::new("nightly-report").timeout(Duration::from_secs(30)).max_attempts(3);
/// ```
///
/// The setters take anything. What cannot be is said by [`Worker::run`](crate::Worker::run), with the kind
/// [`BadKey`](ErrorKind::BadKey) or [`BadJob`](ErrorKind::BadJob), before anything else happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    key: Arc<str>,
    policy: SharedPolicy,
    timing: Option<Timing>,
}

impl Job {
    /// A job with the defaults. `key` is 1 to 512 bytes without control characters; it is what makes two calls one job.
    #[must_use]
    pub fn new(key: impl AsRef<str>) -> Self {
        Self::with_policy(key.as_ref(), SharedPolicy::DEFAULT)
    }

    pub(crate) fn with_policy(key: &str, policy: SharedPolicy) -> Self {
        Self { key: Arc::from(key), policy, timing: None }
    }

    pub(crate) fn with_timing(self, timing: Timing) -> Self {
        Self { timing: Some(timing), ..self }
    }

    /// Makes it a job anew in each `period`, counted from the Unix epoch by the store's clock: at most a year, in whole
    /// milliseconds. Calls in the same period, the *slot*, are calls of one job.
    ///
    /// The slot becomes part of the key, as in `sweep@2026-11-23T02:10:00Z`. Without a [`Job::retain`] its record is
    /// kept for 7 days, or for two periods where that is longer. [`schedule`](crate::schedule) calls it once in each.
    #[must_use]
    pub fn per(self, period: Duration) -> Self {
        self.with_timing(Timing::per(period))
    }

    /// As [`Job::per`], with slots that begin when a cron expression says so in a time zone: `"0 3 * * *"` in
    /// `"Europe/Berlin"`, or in `"UTC"`. Needs the Cargo feature `cron`.
    ///
    /// The five fields are minute, hour, day of the month, month and day of the week, with names (`MON`, `JAN`), ranges,
    /// steps and lists, `L` for the last day, and `#` as in `FRI#2`, the second Friday. The zones are those of the IANA
    /// database as it was when the program was built.
    ///
    /// A local time that does not exist, as the clock is put forward, is taken for the first instant after the gap; one
    /// that exists twice, for the first of the two. So what has a time of day happens once on each day. An expression
    /// with a `*` in its minute or its hour goes with the clock on the wall instead: it leaves out what falls into the
    /// gap, and has the repeated hour's slots again.
    #[must_use]
    pub fn cron(self, expression: impl AsRef<str>, tz: impl AsRef<str>) -> Self {
        self.with_timing(Timing::cron_of(expression.as_ref(), tz.as_ref()))
    }

    /// The lease: how long an attempt counts as alive since its last sign of life. At least 100 ms; default 5 s.
    ///
    /// The worker gives a sign of life every third of it, so it does not bound how long the body may take; it is how
    /// long the others wait after a crash.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { policy: self.policy.timeout(timeout).into(), ..self }
    }

    /// How often the body may be begun before the job is given up. At least 1; default 5.
    #[must_use]
    pub fn max_attempts(self, max_attempts: u32) -> Self {
        Self { policy: self.policy.max_attempts(max_attempts).into(), ..self }
    }

    /// The pause after the first failed attempt, doubled after each, at most a minute (or itself, where that is
    /// longer). Zero is none; default 100 ms.
    #[must_use]
    pub fn backoff(self, backoff: Duration) -> Self {
        Self { policy: self.policy.backoff(backoff).into(), ..self }
    }

    /// For how long the record, and so the value, is kept, at least the timeout. Default: for ever.
    ///
    /// When it is over the job may run again.
    #[must_use]
    pub fn retain(self, retain: Duration) -> Self {
        Self { policy: self.policy.retain(retain).into(), ..self }
    }

    /// After all attempts are spent, the time until a new series may begin. Zero is none; default twice the timeout.
    #[must_use]
    pub fn cooldown(self, cooldown: Duration) -> Self {
        Self { policy: self.policy.cooldown(cooldown).into(), ..self }
    }

    /// How long to wait for somebody else's attempt before [`Busy`](ErrorKind::Busy). Zero is not at all; default: as
    /// long as it takes.
    ///
    /// A caller whose own attempt failed sits out that pause all the same; the wait is counted anew from its end.
    #[must_use]
    pub fn wait(self, wait: Duration) -> Self {
        Self { policy: self.policy.wait(wait).into(), ..self }
    }

    /// How long one attempt may run; one that runs longer is dropped and counts as failed. Default: no bound.
    ///
    /// Without it a hung body is kept alive for as long as its process lives.
    #[must_use]
    pub fn max_run(self, max_run: Duration) -> Self {
        Self { policy: self.policy.max_run(max_run).into(), ..self }
    }

    /// The job, parsed.
    pub(crate) fn plan(&self) -> Result<Plan, Error> {
        let key = Key::parse(Arc::clone(&self.key))?;
        let bad = |why: String| Error::new(ErrorKind::BadJob, why).with_key(&key);
        let policy = self.policy.checked().map_err(|why| bad(why.to_owned()))?;
        let schedule = self.timing.as_ref().map(Schedule::parse).transpose().map_err(bad)?;
        if let (Some(period), Some(retain)) = (schedule.as_ref().and_then(Schedule::period), policy.retain) {
            checked_retain(retain, period).map_err(|why| bad(why.to_owned()))?;
        }
        if let Some(schedule) = &schedule {
            let room = LONGEST_KEY - schedule.slot_len();
            if room < key.as_str().len() {
                let len = key.as_str().len();
                let text = format!("the key has {len} bytes, {room} are allowed before its slot: shorten or hash it");
                return Err(Error::new(ErrorKind::BadKey, text));
            }
        }
        Ok(Plan { key, policy, schedule, slot: None })
    }
}

/// A job that can be run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Without its slot while that is not known.
    pub(crate) key: Key,
    pub(crate) policy: SharedPolicy,
    /// What tells the slot, where there is one still to be told.
    pub(crate) schedule: Option<Schedule>,
    /// The slot that was told.
    pub(crate) slot: Option<Slot>,
}

impl Plan {
    /// The job of one slot of `schedule`.
    ///
    /// Its record is kept for as long as anybody may still come to the slot, whatever `retain` is: until the next slot
    /// begins, and as long as a driver reaches back. Else the slot would run again.
    pub(crate) fn in_slot(&self, schedule: &Schedule, slot: Slot) -> Self {
        let retain = self.policy.retain.unwrap_or_else(|| schedule.default_retain(slot));
        let retain = retain.max(schedule.length(slot)).max(self.policy.longest_series()).min(LONGEST);
        let key = Key(Arc::from(format!("{}@{slot}", self.key.0)));
        Self { key, policy: self.policy.retain(retain).into(), schedule: None, slot: Some(slot) }
    }
}

/// A key that can be one. Shown with what a terminal could take amiss escaped.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(Arc<str>);

/// The longest key, in bytes.
const LONGEST_KEY: usize = 512;

impl Key {
    /// # Errors
    ///
    /// `BadKey` for one that is empty, longer than 512 bytes or has control characters.
    pub(crate) fn parse(text: impl Into<Arc<str>>) -> Result<Self, Error> {
        let key: Arc<str> = text.into();
        let bad = |why: String| Err(Error::new(ErrorKind::BadKey, why));
        if key.is_empty() {
            return bad("the key is empty: name the job".to_owned());
        }
        if LONGEST_KEY < key.len() {
            return bad(format!("the key has {} bytes, {LONGEST_KEY} are allowed: shorten or hash it", key.len()));
        }
        if let Some(control) = key.chars().find(|character| character.is_control()) {
            return bad(format!("the key {key:?} has a control character, {control:?}: leave it out"));
        }
        Ok(Self(key))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What a store calls the key's record in `namespace`. That has no colon, so no other pair has this name.
    pub(crate) fn name_in(&self, namespace: &str) -> String {
        prefix_in(namespace, &self.0)
    }

    /// The key whose record a store calls `name`, if it is one in `namespace`.
    pub(crate) fn of_name(name: &str, namespace: &str) -> Option<Self> {
        Self::parse(name.strip_prefix(namespace)?.strip_prefix(':')?).ok()
    }

    #[cfg(test)]
    pub(crate) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// What the names of records in `namespace` begin with, when their keys begin with `prefix`.
pub(crate) fn prefix_in(namespace: &str, prefix: &str) -> String {
    [namespace, ":", prefix].concat()
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_debug())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_1_to_512_bytes_without_control_characters_are_taken() {
        for key in ["a", "{}", "}{", "a b", "ключ", "100 %", "a:b", &"x".repeat(512)] {
            assert_eq!(Key::parse(key).expect(key).as_str(), key);
        }
    }

    #[test]
    fn other_keys_are_refused_in_words_and_without_their_control_characters() {
        for (key, why) in [("", "empty"), ("a\nb", "control character"), ("a\u{1b}[31m", "control character")] {
            let error = Key::parse(key).expect_err(why);
            assert_eq!(error.kind(), ErrorKind::BadKey);
            assert!(error.to_string().contains(why), "{error}");
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
        let error = Key::parse("x".repeat(513)).expect_err("it is too long");
        assert!(error.to_string().contains("513 bytes"), "{error}");
    }

    #[test]
    fn a_key_leaves_room_for_its_slot() {
        for (period, room) in [(1000, 491), (1500, 487)] {
            let job = |len: usize| Job::new("x".repeat(len)).per(Duration::from_millis(period));
            let plan = job(room).plan().expect("it has room");
            let schedule = plan.schedule.as_ref().expect("it was said");
            let slot = schedule.slot_at(Duration::from_secs(1_795_399_200));
            assert_eq!(plan.in_slot(schedule, slot).key.as_str().len(), LONGEST_KEY);
            let error = job(room + 1).plan().expect_err("it has none");
            assert_eq!(error.kind(), ErrorKind::BadKey);
            assert!(error.to_string().contains(&format!("{room} are allowed before its slot")), "{error}");
        }
    }

    #[test]
    fn the_record_of_a_slot_is_not_kept_for_ever_unless_somebody_says_how_long() {
        let retain = |job: Job| {
            let plan = job.plan().expect("it can be run");
            let schedule = plan.schedule.as_ref().expect("it was said");
            plan.in_slot(schedule, schedule.slot_at(Duration::from_secs(1_795_399_200))).policy.retain
        };
        let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
        assert_eq!(retain(Job::new("sweep").per(second)), Some(7 * day));
        assert_eq!(retain(Job::new("sweep").per(5 * day)), Some(10 * day));
        assert_eq!(retain(Job::new("sweep").per(second).retain(day)), Some(day));
        assert_eq!(retain(Job::new("sweep").per(second).timeout(2 * day)), Some(10 * day));
    }

    #[test]
    fn the_record_of_a_slot_is_there_while_anybody_may_come_to_it() {
        let second = Duration::from_secs(1);
        let retain = |job: Job| {
            let plan = job.plan().expect("it can be run");
            let schedule = plan.schedule.as_ref().expect("it was said");
            plan.in_slot(schedule, schedule.slot_at(Duration::from_secs(1_795_399_200))).policy.retain
        };
        let short = Job::new("sweep").timeout(second).retain(second);
        assert_eq!(retain(short.clone().max_attempts(1).per(second)), Some(second));
        assert_eq!(retain(short.clone().max_attempts(3).per(second)), Some(3 * second));
        assert_eq!(
            retain(short.clone().max_attempts(u32::MAX).timeout(LONGEST).retain(LONGEST).per(second)),
            Some(LONGEST)
        );
        let error = short.clone().per(2 * second).plan().expect_err("it would run twice");
        assert_eq!(error.kind(), ErrorKind::BadJob);
        assert!(error.to_string().contains("`retain` must be at least the period"), "{error}");
        // 2026-11-23 is a Monday; the next slot is on the 27th.
        #[cfg(feature = "cron")]
        assert_eq!(retain(short.cron("0 0 * * mon,fri", "UTC")), Some(4 * 86_400 * second));
    }

    #[test]
    fn a_policy_that_cannot_be_is_a_bad_job_that_names_its_key() {
        let error = Job::new("report").max_attempts(0).plan().expect_err("no attempts");
        assert_eq!((error.kind(), error.key()), (ErrorKind::BadJob, Some("report")));
    }
}
