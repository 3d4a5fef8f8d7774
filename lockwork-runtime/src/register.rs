//! A key's record in a store: what is believed of it, and the loop that applies a transition. Knows no callers and no timers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::clock::Clock;
use crate::record::{Actor, Decision, Record, RecordError, Sighting, State, Transition, decide, keep_room};
use crate::store::{Answer, Seen, Store, StoreError, Swap, Swapped, Wake, Watch};

/// One key's record.
#[derive(Debug)]
pub(crate) struct Register {
    store: Arc<dyn Store>,
    /// The namespace and the key, as the store knows them.
    name: Box<str>,
    clock: Clock,
    patience: Patience,
    /// What is believed to be there; `None` is not known.
    believed: Option<Glimpse>,
}

/// How long the store may be silent.
#[derive(Debug)]
struct Patience {
    whole: Duration,
    /// Within what time the store promises to answer.
    promised: Option<Duration>,
    /// Since when the store has owed an answer to what it was asked for in the end. A store that tells what is there
    /// but takes no writes, as one that is full, owes it still.
    silent_since: Option<Instant>,
}

/// However little patience is left, one wait for the store may take this long.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What was there when somebody last looked, or wrote.
#[derive(Clone, Debug)]
pub(crate) struct Glimpse(Option<(Vec<u8>, Sighting)>);

/// What became of a transition.
#[derive(Debug)]
pub(crate) struct Applied {
    /// What was decided; `None` when that was to write, and the record that is believed to be there is what was written.
    pub(crate) decision: Option<Decision>,
    /// What was there before it.
    pub(crate) before: Option<Arc<Record>>,
    /// When the deciding request was sent.
    pub(crate) sent: Instant,
}

impl Glimpse {
    const ABSENT: Self = Self(None);

    fn sighting(&self) -> Option<&Sighting> {
        self.0.as_ref().map(|(_, sighting)| sighting)
    }

    fn record(&self) -> Option<&Arc<Record>> {
        self.sighting().map(|sighting| &sighting.record)
    }

    fn into_record(mut self) -> Option<Arc<Record>> {
        let (bytes, sighting) = self.0.take()?;
        keep_room(bytes);
        Some(sighting.record)
    }

    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|(bytes, _)| bytes.as_slice())
    }

    /// What is there, as a swap that found it in its way tells, or a peek. How old it is, these do not say.
    pub(crate) fn found(bytes: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let Some(bytes) = bytes else { return Ok(Self::ABSENT) };
        let record = Record::decode(&bytes).map_err(refused)?.into();
        Ok(Self(Some((bytes, Sighting { record, age: None }))))
    }

    /// What was read.
    fn seen(seen: Seen) -> Result<Self, StoreError> {
        let record = Record::decode(&seen.bytes).map_err(refused)?;
        if record.keep.is_some() && seen.left.is_none() {
            let why = "something else has removed the record's expiry, so its age is not known: remove the record";
            return Err(StoreError::Refused(why.to_owned()));
        }
        Ok(Self(Some((seen.bytes, Sighting::kept_for(record, seen.left)))))
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

impl Drop for Glimpse {
    fn drop(&mut self) {
        if let Some((bytes, _)) = self.0.take() {
            keep_room(bytes);
        }
    }
}

impl Register {
    pub(crate) fn new(store: Arc<dyn Store>, name: String, clock: Clock, patience: Duration) -> Self {
        let patience = Patience { whole: patience, promised: store.answers_within(), silent_since: None };
        // Most jobs that are called have never been begun.
        Self { store, name: name.into(), clock, patience, believed: Some(Glimpse::ABSENT) }
    }

    /// Whether there is a belief about what is there.
    pub(crate) fn knows(&self) -> bool {
        self.believed.is_some()
    }

    /// The record that is believed to be there.
    pub(crate) fn record(&self) -> Option<&Arc<Record>> {
        self.believed.as_ref()?.record()
    }

    /// The namespace and the key.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes the belief about what is there, for a later time.
    pub(crate) fn take(&mut self) -> Option<Glimpse> {
        self.believed.take()
    }

    /// Nothing is believed any more of what is there.
    pub(crate) fn disbelieve(&mut self) {
        self.believed = None;
    }

    /// Believes, where that can be claimed at once, what a wake-up says was written.
    pub(crate) fn guess(&mut self, bytes: &[u8]) {
        self.believed = Glimpse::guess(bytes);
    }

    /// Since when no transition has come to an answer; `None` when the last one has.
    pub(crate) fn silent_since(&self) -> Option<Instant> {
        self.patience.silent_since
    }

    /// Whether the store has been silent for longer than the patience.
    pub(crate) fn has_lost_patience(&self) -> bool {
        self.silent_since().is_some_and(|since| since + self.patience.whole <= self.clock.now())
    }

    /// From here on the store has the whole patience again.
    pub(crate) fn begin_patience_anew(&mut self) {
        self.patience.silent_since = None;
    }

    /// Begins to listen for wake-ups.
    pub(crate) async fn watch(&mut self) -> Result<Watch, StoreError> {
        self.patience.wait(self.store.watch(&self.name), self.clock.now()).await
    }

    /// Applies a transition to what is believed to be there, and again to what proves to be there. It is `sent` now. What
    /// is there then is believed.
    ///
    /// Ends with `Look` when the record's age matters and is not known.
    ///
    /// # Errors
    ///
    /// After `Unavailable` the transition may have happened; applying it again is safe, and tells.
    #[expect(clippy::manual_async_fn, reason = "an async function would have room for its arguments twice")]
    pub(crate) fn apply(
        &mut self,
        transition: &Transition,
        actor: &Actor<'_>,
        mut sent: Instant,
    ) -> impl Future<Output = Result<Applied, StoreError>> + Send {
        async move {
            loop {
                let seen = self.believed.as_ref();
                let decision = decide(seen.and_then(Glimpse::sighting), transition, actor);
                let Decision::Write(next) = decision else {
                    let before = self.record().cloned();
                    self.begin_patience_anew();
                    return Ok(Applied { decision: Some(decision), before, sent });
                };
                let bytes = next.encode().map_err(refused)?;
                let swap = Swap {
                    key: &self.name,
                    expected: seen.and_then(Glimpse::bytes),
                    next: &bytes,
                    keep: next.keep,
                    wake: wake(&next.state),
                };
                match self.patience.wait(self.store.swap(swap), sent).await? {
                    Swapped::Written => {
                        let before =
                            self.believed.replace(Glimpse::written(bytes, next)).and_then(Glimpse::into_record);
                        self.begin_patience_anew();
                        return Ok(Applied { decision: None, before, sent });
                    }
                    Swapped::Conflict(found) => {
                        keep_room(bytes);
                        self.believed = Some(Glimpse::found(found)?);
                    }
                }
                sent = self.clock.now();
            }
        }
    }

    /// Reads what is there, and how old it is. That is believed then.
    pub(crate) async fn load(&mut self) -> Result<(), StoreError> {
        self.believed = Some(match self.see().await? {
            Some(seen) => Glimpse::seen(seen)?,
            None => Glimpse::ABSENT,
        });
        Ok(())
    }

    /// Reads whether what was there at an earlier time still is, and says so. It is `sent` now. What is there is believed then.
    pub(crate) async fn confirm(&mut self, earlier: Glimpse, sent: Instant) -> Result<bool, StoreError> {
        let found = self.patience.wait(self.store.peek(&self.name), sent).await?;
        let is_the_same = found.as_deref() == earlier.bytes();
        if is_the_same {
            self.begin_patience_anew();
        }
        self.believed = Some(if is_the_same { earlier } else { Glimpse::found(found)? });
        Ok(is_the_same)
    }

    /// Removes the record, whatever it says. Says whether there was one.
    pub(crate) async fn forget(&mut self) -> Result<bool, StoreError> {
        loop {
            let Some(seen) = self.see().await? else { return Ok(false) };
            let removal = self.store.remove(&self.name, &seen.bytes);
            if self.patience.wait(removal, self.clock.now()).await? {
                return Ok(true);
            }
        }
    }

    async fn see(&mut self) -> Result<Option<Seen>, StoreError> {
        self.patience.wait(self.store.load(&self.name), self.clock.now()).await
    }
}

impl Patience {
    /// The store's answer to what it was asked `now`, unless it takes longer than what is left of the patience. What a
    /// store promises sooner than that is waited for without a timer.
    #[expect(clippy::manual_async_fn, reason = "an async function would have room for its arguments twice")]
    fn wait<T>(&mut self, answer: Answer<'_, T>, now: Instant) -> impl Future<Output = Result<T, StoreError>> + Send {
        async move {
            let left = match self.silent_since {
                Some(since) => self.whole.saturating_sub(now.saturating_duration_since(since)),
                None => self.whole,
            };
            self.silent_since.get_or_insert(now);
            let most = left.max(SHORTEST_WAIT);
            let answer = if self.promised.is_some_and(|promised| promised <= most) {
                answer.await
            } else {
                // Boxed, so that those who need no timer need no room for one.
                Box::pin(timeout_at(now + most, answer)).await.unwrap_or_else(|_| {
                    Err(StoreError::Unavailable(format!("the store did not answer within {most:?}")))
                })
            };
            if let Err(StoreError::Refused(_)) = answer {
                self.silent_since = None;
            }
            answer
        }
    }
}

/// Whether anybody may claim at once.
fn is_open(state: &State) -> bool {
    matches!(state, State::Waiting { pause: Duration::ZERO, .. })
}

/// Who is to hear of a state. The next attempt is for one of those who wait, so that a few are enough; all else is for
/// all of them.
fn wake(state: &State) -> Wake {
    match state {
        State::Running { .. } => Wake::Nobody,
        open if is_open(open) => Wake::Few,
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
    use crate::store::Scan;

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
            let mut register = Register::new(Arc::new(Late { promised }), "k".to_owned(), Clock::Runtime, PATIENCE);
            assert_eq!(register.load().await.is_ok(), trusted, "{promised:?}");
            // By now the patience is used up, and what is left of it is shorter than any of the promises.
            assert!(register.load().await.is_err(), "{promised:?}");
        }
    }
}
