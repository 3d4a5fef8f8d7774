//! The one error that people see: what happened, to which key, and what to do next.

use std::fmt;
use std::time::Duration;

use crate::job::Key;
use crate::store::StoreError;

/// Why a job has no value for its caller.
///
/// The text says what happened, to which key, and what to do next. It never holds a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    text: String,
    key: Option<String>,
    attempts: u32,
    retry_in: Option<Duration>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No worker is installed and `LOCKWORK_URL` is not set.
    NoWorker,
    /// A worker is installed already.
    AlreadyInstalled,
    /// The URL names no store, or one that is not built in.
    BadUrl,
    /// The key or the namespace cannot be one.
    BadKey,
    /// The job's policy cannot be one.
    BadJob,
    /// Somebody else is at it, and the job's `wait` is over.
    Busy,
    /// All attempts are spent; the text holds the last error.
    Exhausted,
    /// The store cannot be asked.
    Store,
    /// The body finished, but its completion may not be recorded; another attempt may run.
    Unrecorded,
    /// The job is done, but its value cannot be handed to its callers.
    Value,
    /// The body called its own key.
    Reentrant,
    /// The attempt is no longer the one that counts. Only for what a body asks in its attempt's name, of which this
    /// version has nothing yet.
    LeaseLost,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, text: text.into(), key: None, attempts: 0, retry_in: None }))
    }

    pub(crate) fn with_key(mut self, key: &Key) -> Self {
        self.0.key = Some(key.as_str().to_owned());
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_retry_in(mut self, retry_in: Duration) -> Self {
        self.0.retry_in = Some(retry_in);
        self
    }

    pub(crate) fn store(error: &StoreError) -> Self {
        Self::new(ErrorKind::Store, error.to_string())
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The job's key, where the error is about a job.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// How many attempts of the series had been begun when this process last looked; 0 where that is not known.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// When it may be worth another call, where that is known: the end of a lease, a pause or a cooldown.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.0.retry_in
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.key {
            Some(key) => write!(f, "job `{}`: {}", key.escape_debug(), self.0.text),
            None => f.write_str(&self.0.text),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, text, key, attempts, retry_in } = &*self.0;
        let mut out = f.debug_struct("Error");
        out.field("kind", kind).field("text", text).field("key", key);
        out.field("attempts", attempts).field("retry_in", retry_in).finish()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_can_travel_with_any_other() {
        fn travels<T: std::error::Error + Send + Sync + 'static>() {}
        travels::<Error>();
    }

    #[test]
    fn the_key_is_shown_escaped() {
        let key = Key::parse("a\u{202e}b").expect("it has no control character");
        let error = Error::new(ErrorKind::Busy, "somebody is at it").with_key(&key);
        assert_eq!(error.to_string(), "job `a\\u{202e}b`: somebody is at it");
    }
}
