//! One future per key in use: the only loop that claims, renews, waits and settles. Knows records and the store trait,
//! no driver and no body.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::callers::{Caller, Callers, Ticket, Verdict};
use crate::engine::Setting;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::job::Key;
use crate::keeper::hold::Held;
use crate::policy::{Policy, SharedPolicy};
use crate::record::{Nonce, Record, Series, State, Transition};
use crate::register::{Applied, Glimpse, Register};
use crate::store::{StoreError, Watch};

mod claim;
mod hold;
mod inbox;
mod settle;
mod wait;

pub(crate) use inbox::Inbox;
pub(crate) use settle::{Ended, Settlement, Whose};

/// What callers tell the keeper of their key.
#[derive(Debug)]
pub(crate) enum Message {
    /// Somebody wants to know the job's fate, and may run its body.
    Join(Caller),
    /// Somebody has gone.
    Leave(Ticket),
    /// An attempt has ended.
    Settle(Box<Settlement>),
}

/// Where a keeper stands, with all that it need not have itself.
pub(crate) trait Station: fmt::Debug + Send + Sync {
    /// The key that is kept.
    fn key(&self) -> &Key;

    /// What its keeper is told.
    fn inbox(&self) -> &Inbox;

    /// What all keepers of the engine share.
    fn setting(&self) -> &Setting;
}

#[derive(Debug)]
pub(crate) struct Keeper {
    post: Arc<dyn Station>,
    register: Register,
    callers: Callers,
    /// Attempts that ended after their lease was lost here. They may still count, if nobody took over.
    #[expect(clippy::vec_box, reason = "each comes in its box and is settled in it")]
    late: Vec<Box<Settlement>>,
    /// A claim that the store has not answered yet.
    claiming: Option<(Nonce, SharedPolicy)>,
    /// The series whose fate is waited for.
    awaited: Option<Series>,
    watch: Option<Watch>,
    /// How often the store has been asked in vain since it last answered.
    tries: u32,
    /// Whose attempt, or pause, was last told to be waited for.
    told_busy: Option<(Nonce, bool)>,
    /// The attempt by which this keeper completed the job.
    completed: Option<Nonce>,
}

/// What a keeper does next. None of it happens within another, so that a keeper needs the room of the largest alone.
#[derive(Debug)]
enum Next {
    /// Finds out what is there, and claims it, unless nobody is left.
    Look,
    /// Finds out whether the job is still done, as it was seen to be.
    Confirm(Glimpse),
    /// Goes, as the job is done, unless somebody else wants to know that.
    Rest(Glimpse),
    /// Claims what is believed to be there, or reads it if nothing is.
    Claim,
    /// Keeps an attempt that runs here.
    Hold(Held),
    /// Records the end of an attempt.
    Settle(Box<Settlement>),
    /// Waits for somebody else's attempt or pause, which has so long to go at most.
    Wait(Duration),
    /// Lets a while pass, as the store did not answer.
    PutUpWith(StoreError),
}

/// The longest pause between two tries to reach the store.
const LONGEST_RETRY: Duration = Duration::from_secs(1);

/// The pause after the first try to reach the store, before jitter; it doubles.
const FIRST_RETRY: Duration = Duration::from_millis(20);

impl Keeper {
    pub(crate) fn new(post: Arc<dyn Station>) -> Self {
        let register = post.setting().register(post.key());
        Self {
            post,
            register,
            callers: Callers::default(),
            late: Vec::new(),
            claiming: None,
            awaited: None,
            watch: None,
            tries: 0,
            told_busy: None,
            completed: None,
        }
    }

    /// Keeps the key until nobody is left who waits for it.
    #[expect(clippy::manual_async_fn, reason = "an async function would have room for the keeper twice")]
    pub(crate) fn run(mut self) -> impl Future<Output = ()> + Send {
        async move {
            let earlier = self.post.setting().remembered.take(self.register.name());
            let mut next = earlier.map_or(Next::Claim, Next::Confirm);
            loop {
                next = match next {
                    Next::Look => {
                        self.register.disbelieve();
                        if self.has_nothing_to_do() && self.post.inbox().close_if_read() {
                            // From here on a new call gets a keeper of its own.
                            return;
                        }
                        Next::Claim
                    }
                    Next::Confirm(earlier) => self.confirm(earlier).await,
                    Next::Rest(seen) => {
                        if self.has_nothing_to_do() && self.post.inbox().close_if_read() {
                            self.post.setting().remembered.keep(self.register.name(), seen);
                            return;
                        }
                        Next::Confirm(seen)
                    }
                    Next::Claim => {
                        self.read_inbox();
                        if let Some(settlement) = self.late.pop() {
                            self.register.disbelieve();
                            self.then_settle(settlement)
                        } else if let Some(policy) = self.callers.first_policy() {
                            if self.register.knows() {
                                self.claim(policy).await.unwrap_or_else(Next::PutUpWith)
                            } else {
                                self.look().await.map_or_else(Next::PutUpWith, |()| Next::Claim)
                            }
                        } else if let Some((nonce, policy)) = self.claiming.take() {
                            // Boxed, as it is rare: no keeper need have room for it.
                            Box::pin(self.take_back_claim(nonce, &policy)).await;
                            Next::Look
                        } else {
                            Next::Look
                        }
                    }
                    Next::Hold(held) => self.hold(held).await,
                    Next::Settle(settlement) => self.settle(settlement).await,
                    Next::Wait(left) => self.wait(left).await,
                    Next::PutUpWith(error) => self.put_up_with(&error).await,
                };
            }
        }
    }

    fn has_nothing_to_do(&self) -> bool {
        self.late.is_empty() && self.callers.is_empty() && self.claiming.is_none()
    }

    /// Applies a transition in the name of the attempt of this `nonce`. It is `now`.
    fn apply(
        &mut self,
        transition: &Transition,
        nonce: Nonce,
        policy: &Policy,
        now: Instant,
    ) -> impl Future<Output = Result<Applied, StoreError>> + Send {
        let Self { post, register, .. } = self;
        async move {
            let actor = post.setting().actor(nonce, policy, now);
            register.apply(transition, &actor, now).await
        }
    }

    /// Reads what it was told, outside of an attempt.
    fn read_inbox(&mut self) {
        while let Some(message) = self.post.inbox().take() {
            self.receive(message);
        }
    }

    /// Takes a message, outside of an attempt.
    fn receive(&mut self, message: Message) {
        match message {
            Message::Join(caller) => self.join(caller, Duration::ZERO),
            Message::Leave(ticket) => {
                self.callers.leave(ticket);
            }
            Message::Settle(mut settlement) => {
                settlement.is_late = true;
                self.late.push(settlement);
            }
        }
    }

    /// Lets a caller wait. Its `wait` begins to count after the `pause`.
    fn join(&mut self, caller: Caller, pause: Duration) {
        // It is not to be shorter by what others were polled for since the round began.
        let now =
            if caller.policy.wait.is_some() { self.post.setting().clock.now() } else { self.post.setting().round() };
        self.callers.join(caller, now, now + pause);
    }

    /// Tells everybody that all attempts are spent.
    fn give_up(&mut self, left: Duration) -> Next {
        let Some(Record { attempts, state: State::Exhausted { error, .. }, .. }) =
            self.register.record().map(|it| &**it)
        else {
            return Next::Look;
        };
        self.post.setting().listener.tell(|| Event::Exhausted {
            key: self.post.key().as_str().to_owned(),
            attempts: *attempts,
            error: error.clone(),
        });
        let text =
            format!("gave up after {attempts} attempts; the last error: {error}; a new series may begin in {left:?}");
        self.callers.answer_all(|| {
            let error = Error::new(ErrorKind::Exhausted, text.clone()).with_key(self.post.key());
            Verdict::Failed(error.with_attempts(*attempts).with_retry_in(left))
        });
        Next::Look
    }

    /// Tells everybody the value.
    fn announce(&mut self) -> Next {
        let Some(record) = self.register.record() else { return Next::Look };
        let is_news = self.completed != Some(record.holder.nonce);
        if is_news {
            self.tell_completed(record, false);
        }
        self.callers.answer_all(|| Verdict::Done(Arc::clone(record)));
        // Most jobs that are done here are not called here again.
        if is_news { self.register.take().map_or(Next::Look, Next::Rest) } else { Next::Look }
    }

    /// Lets a while pass after the store did not answer, and answers those who have had enough of it.
    async fn put_up_with(&mut self, error: &StoreError) -> Next {
        let failed = |error: &StoreError| Verdict::Failed(Error::store(error).with_key(self.post.key()));
        if let StoreError::Refused(_) = error {
            self.callers.answer_all(|| failed(error));
            return Next::Look;
        }
        self.post.setting().health.trouble(error);
        let now = self.post.setting().clock.now();
        let since = self.register.silent_since().unwrap_or(now);
        self.callers.answer_impatient(since, self.post.setting().patience, now, || failed(error));
        let until = now + self.next_pause();
        while self.late.is_empty() && !self.callers.is_empty() {
            tokio::select! {
                biased;
                message = self.post.inbox().next() => self.receive(message),
                () = sleep_until(until) => return Next::Look,
            }
        }
        Next::Look
    }

    /// The store has answered, and not only told what is there.
    fn recover(&mut self, sent: Instant) {
        self.tries = 0;
        self.post.setting().health.answered(sent);
    }

    fn tell_completed(&self, record: &Record, ran_here: bool) {
        self.post.setting().listener.tell(|| Event::Completed {
            key: self.post.key().as_str().to_owned(),
            attempt: record.attempts,
            holder: record.holder.label().to_owned(),
            ran_here,
        });
    }

    /// How long to leave alone a store that does not answer.
    fn next_pause(&mut self) -> Duration {
        let most = FIRST_RETRY.saturating_mul(1 << self.tries.min(10)).min(LONGEST_RETRY);
        self.tries += 1;
        self.post.setting().jitter.up_to(most)
    }
}
