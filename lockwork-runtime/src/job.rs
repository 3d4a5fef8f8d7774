//! A job: a key and its policy. Knows no store and no clock.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::policy::Policy;

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
    policy: Policy,
}

impl Job {
    /// A job with the defaults. `key` is 1 to 512 bytes without control characters; it is what makes two calls one job.
    #[must_use]
    pub fn new(key: impl AsRef<str>) -> Self {
        Self::with_policy(key.as_ref(), Policy::new())
    }

    pub(crate) fn with_policy(key: &str, policy: Policy) -> Self {
        Self { key: Arc::from(key), policy }
    }

    /// The lease: how long an attempt counts as alive since its last sign of life. At least 100 ms; default 5 s.
    ///
    /// The worker gives a sign of life every third of it, so it does not bound how long the body may take; it is how
    /// long the others wait after a crash.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { policy: self.policy.timeout(timeout), ..self }
    }

    /// How often the body may be begun before the job is given up. At least 1; default 5.
    #[must_use]
    pub fn max_attempts(self, max_attempts: u32) -> Self {
        Self { policy: self.policy.max_attempts(max_attempts), ..self }
    }

    /// The pause after the first failed attempt, doubled after each, at most a minute (or itself, where that is
    /// longer). Zero is none; default 100 ms.
    #[must_use]
    pub fn backoff(self, backoff: Duration) -> Self {
        Self { policy: self.policy.backoff(backoff), ..self }
    }

    /// For how long the record, and so the value, is kept, at least the timeout. Default: for ever.
    ///
    /// When it is over the job may run again.
    #[must_use]
    pub fn retain(self, retain: Duration) -> Self {
        Self { policy: self.policy.retain(retain), ..self }
    }

    /// After all attempts are spent, the time until a new series may begin. Zero is none; default twice the timeout.
    #[must_use]
    pub fn cooldown(self, cooldown: Duration) -> Self {
        Self { policy: self.policy.cooldown(cooldown), ..self }
    }

    /// How long to wait for somebody else's attempt before [`Busy`](ErrorKind::Busy). Zero is not at all; default: as
    /// long as it takes.
    ///
    /// A caller whose own attempt failed sits out that pause all the same; the wait is counted anew from its end.
    #[must_use]
    pub fn wait(self, wait: Duration) -> Self {
        Self { policy: self.policy.wait(wait), ..self }
    }

    /// How long one attempt may run; one that runs longer is dropped and counts as failed. Default: no bound.
    ///
    /// Without it a hung body is kept alive for as long as its process lives.
    #[must_use]
    pub fn max_run(self, max_run: Duration) -> Self {
        Self { policy: self.policy.max_run(max_run), ..self }
    }

    /// The job, parsed.
    pub(crate) fn plan(&self) -> Result<Plan, Error> {
        let key = Key::parse(&self.key)?;
        let policy = self.policy.checked().map_err(|why| Error::new(ErrorKind::BadJob, why).with_key(&key))?;
        Ok(Plan { key, policy })
    }
}

/// A job that can be run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) key: Key,
    pub(crate) policy: Policy,
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
    pub(crate) fn parse(key: &str) -> Result<Self, Error> {
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
        Ok(Self(Arc::from(key)))
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
    format!("{namespace}:{prefix}")
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
        let error = Key::parse(&"x".repeat(513)).expect_err("it is too long");
        assert!(error.to_string().contains("513 bytes"), "{error}");
    }

    #[test]
    fn a_policy_that_cannot_be_is_a_bad_job_that_names_its_key() {
        let error = Job::new("report").max_attempts(0).plan().expect_err("no attempts");
        assert_eq!((error.kind(), error.key()), (ErrorKind::BadJob, Some("report")));
    }
}
