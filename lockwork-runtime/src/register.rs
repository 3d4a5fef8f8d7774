//! A key's record in a store: the loop that applies a transition to it. Knows no callers and no timers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::clock::Clock;
use crate::record::{Actor, Decision, Record, RecordError, Sighting, State, Transition, decide};
use crate::store::{Answer, Store, StoreError, Swap, Swapped, Wake, Watch};

/// One key's record, and the bound on every single wait for the store.
#[derive(Debug)]
pub(crate) struct Register {
    store: Arc<dyn Store>,
    /// The namespace and the key, as the store knows them.
    name: String,
    clock: Clock,
    patience: Duration,
    /// Since when the store has owed an answer to what it was asked for in the end. A store that tells what is there
    /// but takes no writes, as one that is full, owes it still.
    silent_since: Mutex<Option<Instant>>,
}

/// However little patience is left, one wait for the store may take this long.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What was there when somebody last looked, or wrote.
#[derive(Clone, Debug)]
pub(crate) struct Glimpse(Option<(Vec<u8>, Sighting)>);

/// What became of a transition.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) decision: Decision,
    /// What was there before it.
    pub(crate) before: Option<Arc<Record>>,
    /// What is there now.
    pub(crate) now: Glimpse,
    /// When the deciding request was sent.
    pub(crate) sent: Instant,
}

impl Glimpse {
    pub(crate) const ABSENT: Self = Self(None);

    pub(crate) fn sighting(&self) -> Option<&Sighting> {
        self.0.as_ref().map(|(_, sighting)| sighting)
    }

    pub(crate) fn record(&self) -> Option<&Arc<Record>> {
        self.sighting().map(|sighting| &sighting.record)
    }

    fn bytes(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|(bytes, _)| bytes.as_slice())
    }

    /// What a swap found in its way. How old it is, a conflict does not tell.
    fn found(bytes: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let Some(bytes) = bytes else { return Ok(Self::ABSENT) };
        let record = Record::decode(&bytes).map_err(refused)?.into();
        Ok(Self(Some((bytes, Sighting { record, age: None }))))
    }

    /// What a wake-up says was written, where that can be claimed at once. It may be there no more, and may never have
    /// been, which the claim then finds out. Of anything else a reading has to tell.
    pub(crate) fn guess(bytes: &[u8]) -> Option<Self> {
        let record = Arc::new(Record::decode(bytes).ok().filter(Record::can_be_followed)?);
        is_open(&record.state).then(|| Self(Some((bytes.to_vec(), Sighting { record, age: None }))))
    }

    fn written(bytes: Vec<u8>, record: Arc<Record>) -> Self {
        Self(Some((bytes, Sighting { record, age: Some(Duration::ZERO) })))
    }
}

impl Register {
    pub(crate) fn new(store: Arc<dyn Store>, name: String, clock: Clock, patience: Duration) -> Self {
        Self { store, name, clock, patience, silent_since: Mutex::new(None) }
    }

    /// Since when no transition has come to an answer; `None` when the last one has.
    pub(crate) fn silent_since(&self) -> Option<Instant> {
        *self.silent()
    }

    /// Whether the store has been silent for longer than the patience.
    pub(crate) fn has_lost_patience(&self) -> bool {
        self.silent_since().is_some_and(|since| since + self.patience <= self.clock.now())
    }

    /// From here on the store has the whole patience again.
    pub(crate) fn begin_patience_anew(&self) {
        *self.silent() = None;
    }

    /// Begins to listen for wake-ups.
    pub(crate) async fn watch(&self) -> Result<Watch, StoreError> {
        self.ask(self.store.watch(&self.name)).await
    }

    /// Applies a transition to what is believed to be there, and again to what proves to be there.
    ///
    /// Ends with `Look` when the record's age matters and is not known.
    ///
    /// # Errors
    ///
    /// After `Unavailable` the transition may have happened; applying it again is safe, and tells.
    pub(crate) async fn apply(
        &self,
        believed: Glimpse,
        transition: &Transition,
        actor: &Actor<'_>,
    ) -> Result<Applied, StoreError> {
        let mut before = believed;
        loop {
            let sent = self.clock.now();
            let decision = decide(before.sighting(), transition, actor);
            let Decision::Write(next) = decision else {
                self.begin_patience_anew();
                return Ok(Applied { decision, before: before.record().cloned(), now: before, sent });
            };
            let bytes = next.encode().map_err(refused)?;
            let swap = Swap {
                key: &self.name,
                expected: before.bytes(),
                next: &bytes,
                keep: next.keep,
                wake: wake(&next.state),
            };
            match self.ask(self.store.swap(swap)).await? {
                Swapped::Written => {
                    self.begin_patience_anew();
                    let (before, now) = (before.record().cloned(), Glimpse::written(bytes, Arc::clone(&next)));
                    return Ok(Applied { decision: Decision::Write(next), before, now, sent });
                }
                Swapped::Conflict(found) => before = Glimpse::found(found)?,
            }
        }
    }

    /// Reads what is there, and how old it is.
    pub(crate) async fn load(&self) -> Result<Glimpse, StoreError> {
        let Some(seen) = self.ask(self.store.load(&self.name)).await? else { return Ok(Glimpse::ABSENT) };
        let record = Record::decode(&seen.bytes).map_err(refused)?;
        if record.keep.is_some() && seen.left.is_none() {
            let why = "something else has removed the record's expiry, so its age is not known: remove the record";
            return Err(StoreError::Refused(why.to_owned()));
        }
        Ok(Glimpse(Some((seen.bytes, Sighting::kept_for(record, seen.left)))))
    }

    /// Removes the record, whatever it says. Says whether there was one.
    pub(crate) async fn forget(&self) -> Result<bool, StoreError> {
        loop {
            let Some(seen) = self.ask(self.store.load(&self.name)).await? else { return Ok(false) };
            if self.ask(self.store.remove(&self.name, &seen.bytes)).await? {
                return Ok(true);
            }
        }
    }

    /// The store's answer, unless it takes longer than what is left of the patience. What a store promises sooner than
    /// that is waited for without a timer.
    async fn ask<T>(&self, answer: Answer<'_, T>) -> Result<T, StoreError> {
        let started = self.clock.now();
        let since = *self.silent().get_or_insert(started);
        let bound = (since + self.patience).max(started + SHORTEST_WAIT);
        let most = bound - started;
        let answer = if self.store.answers_within().is_some_and(|promised| promised <= most) {
            answer.await
        } else {
            timeout_at(bound, answer)
                .await
                .unwrap_or_else(|_| Err(StoreError::Unavailable(format!("the store did not answer within {most:?}"))))
        };
        if let Err(StoreError::Refused(_)) = answer {
            self.begin_patience_anew();
        }
        answer
    }

    fn silent(&self) -> MutexGuard<'_, Option<Instant>> {
        self.silent_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether anybody may claim at once.
fn is_open(state: &State) -> bool {
    matches!(state, State::Waiting { pause: Duration::ZERO, .. })
}

/// Who is to hear of a state. The next attempt is for one of those who wait, all else for all of them.
fn wake(state: &State) -> Wake {
    match state {
        State::Running { .. } => Wake::Nobody,
        open if is_open(open) => Wake::InTurn,
        _ => Wake::All,
    }
}

fn refused(error: RecordError) -> StoreError {
    StoreError::Refused(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;
    use crate::store::{Scan, Seen};

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A store that answers a load too late, whatever it promises, and nothing else ever.
    #[derive(Debug)]
    struct Late {
        promised: Option<Duration>,
    }

    impl Store for Late {
        fn load<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Seen>> {
            Box::pin(async {
                sleep(PATIENCE * 2).await;
                Ok(None)
            })
        }

        fn swap<'a>(&'a self, _: Swap<'a>) -> Answer<'a, Swapped> {
            Box::pin(pending())
        }

        fn watch<'a>(&'a self, _: &'a str) -> Answer<'a, Watch> {
            Box::pin(pending())
        }

        fn clock(&self) -> Answer<'_, Duration> {
            Box::pin(pending())
        }

        fn scan<'a>(&'a self, _: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>> {
            Box::pin(pending())
        }

        fn remove<'a>(&'a self, _: &'a str, _: &'a [u8]) -> Answer<'a, bool> {
            Box::pin(pending())
        }

        fn answers_within(&self) -> Option<Duration> {
            self.promised
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_promise_is_trusted_as_far_as_the_patience_goes() {
        let too_long = PATIENCE + Duration::from_millis(1);
        for (promised, trusted) in [(None, false), (Some(too_long), false), (Some(PATIENCE), true)] {
            let register = Register::new(Arc::new(Late { promised }), "k".to_owned(), Clock::Runtime, PATIENCE);
            assert_eq!(register.load().await.is_ok(), trusted, "{promised:?}");
            // By now the patience is used up, and what is left of it is shorter than any of the promises.
            assert!(register.load().await.is_err(), "{promised:?}");
        }
    }
}
