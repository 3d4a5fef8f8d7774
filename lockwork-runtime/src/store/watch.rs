//! Who listens for wake-ups on which key, for the stores to share. Knows neither records nor drivers.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// A standing wish to be told when a record changes; dropping it ends the wish.
pub struct Watch {
    signal: watch::Receiver<Told>,
    key: Arc<str>,
    watches: Watches,
}

/// The record that a wake-up told of, if it did.
type Told = Option<Arc<[u8]>>;

impl Watch {
    /// Waits for the next wake-up since the last one that was seen here.
    ///
    /// # Cancellation safety
    ///
    /// A wake-up that comes while nobody waits is kept for the next call.
    pub async fn changed(&mut self) {
        if self.signal.changed().await.is_err() {
            // The sender lives as long as this watch is listed, so this is never reached.
            std::future::pending::<()>().await;
        }
    }

    /// The record that was written, if the last wake-up told of it. Others may have written since, so it is worth no more
    /// than a guess for a swap to compare.
    #[must_use]
    pub fn told(&self) -> Option<Arc<[u8]>> {
        self.signal.borrow().clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watches.leave(&self.key);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The watches of one store.
#[derive(Clone, Default)]
pub(crate) struct Watches {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    keys: HashMap<Arc<str>, Watched>,
    on_last: Option<Box<OnLast>>,
}

type OnLast = dyn Fn(&str) + Send;

struct Watched {
    signal: watch::Sender<Told>,
    count: usize,
}

impl Watches {
    /// Calls `on_last` with a key whenever its last watch has gone. It must not come back to these watches.
    #[cfg(feature = "redis")]
    pub(crate) fn with_on_last(on_last: impl Fn(&str) + Send + 'static) -> Self {
        let inner = Inner { on_last: Some(Box::new(on_last)), ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// A new watch on `key`.
    pub(crate) fn join(&self, key: &str) -> Watch {
        let mut inner = self.lock();
        let key = match inner.keys.get_key_value(key) {
            Some((key, _)) => Arc::clone(key),
            None => Arc::from(key),
        };
        let watched = inner
            .keys
            .entry(Arc::clone(&key))
            .or_insert_with(|| Watched { signal: watch::Sender::new(None), count: 0 });
        watched.count += 1;
        Watch { signal: watched.signal.subscribe(), key, watches: self.clone() }
    }

    fn leave(&self, key: &str) {
        let mut inner = self.lock();
        if let Some(watched) = inner.keys.get_mut(key) {
            watched.count -= 1;
            if watched.count == 0 {
                inner.keys.remove(key);
                if let Some(on_last) = &inner.on_last {
                    on_last(key);
                }
            }
        }
    }

    /// Wakes those who watch `key`, with what was just written, if that is known.
    pub(crate) fn wake(&self, key: &str, record: Option<&[u8]>) {
        if let Some(watched) = self.lock().keys.get(key) {
            watched.signal.send_replace(record.map(Into::into));
        }
    }

    /// Wakes everybody: something may have been missed.
    #[cfg(any(test, feature = "redis", feature = "sqlite", feature = "testing"))]
    pub(crate) fn wake_all(&self) {
        for watched in self.lock().keys.values() {
            watched.signal.send_replace(None);
        }
    }

    /// Whether somebody watches `key` now.
    #[cfg(any(test, feature = "redis"))]
    pub(crate) fn is_watched(&self, key: &str) -> bool {
        self.lock().keys.contains_key(key)
    }

    /// Whether nobody watches any key now.
    #[cfg(feature = "sqlite")]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().keys.is_empty()
    }

    /// The keys that somebody watches now.
    #[cfg(feature = "redis")]
    pub(crate) fn keys(&self) -> Vec<Arc<str>> {
        self.lock().keys.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watches").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wake_up_of_all_tells_nothing_and_not_what_was_told_before() {
        let watches = Watches::default();
        let mut watch = watches.join("key");
        watches.wake("key", Some(b"record"));
        watch.changed().await;
        assert_eq!(watch.told().as_deref(), Some(&b"record"[..]));
        watches.wake_all();
        watch.changed().await;
        assert_eq!(watch.told(), None);
    }
}
