//! One future per key in use: the only loop that claims, renews, waits and settles. Knows records and the store trait,
//! no driver and no body.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::callers::{Caller, Callers, Ticket, Verdict};
use crate::engine::Setting;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::job::Key;
use crate::policy::Policy;
use crate::random;
use crate::record::{Decision, Holder, Nonce, Record, Series, State, Transition};
use crate::register::{Applied, Glimpse, Register};
use crate::store::{StoreError, Watch};

mod crowd;
mod hold;
mod inbox;
mod settle;

pub(crate) use inbox::Inbox;
pub(crate) use settle::{Ended, Settlement};

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

#[derive(Debug)]
pub(crate) struct Keeper {
    setting: Arc<Setting>,
    key: Key,
    register: Register,
    inbox: Arc<Inbox>,
    callers: Callers,
    /// Attempts that ended after their lease was lost here. They may still count, if nobody took over.
    late: VecDeque<Box<Settlement>>,
    /// A claim that the store has not answered yet.
    claiming: Option<(Nonce, Arc<Policy>)>,
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

/// The longest pause between two tries to reach the store.
const LONGEST_RETRY: Duration = Duration::from_secs(1);

/// The pause after the first try to reach the store, before jitter; it doubles.
const FIRST_RETRY: Duration = Duration::from_millis(20);

impl Keeper {
    pub(crate) fn new(setting: Arc<Setting>, key: Key, inbox: Arc<Inbox>) -> Self {
        let register = setting.register(&key);
        Self {
            setting,
            key,
            register,
            inbox,
            callers: Callers::default(),
            late: VecDeque::new(),
            claiming: None,
            awaited: None,
            watch: None,
            tries: 0,
            told_busy: None,
            completed: None,
        }
    }

    /// Keeps the key until nobody is left who waits for it.
    pub(crate) async fn run(mut self) {
        // What is believed to be there; `None` is to be looked up. Most jobs that are called have never been begun.
        let mut believed = Some(Glimpse::ABSENT);
        loop {
            while let Some(message) = self.inbox.try_next() {
                self.receive(message);
            }
            if let Some(settlement) = self.late.pop_front() {
                believed = self.settle(*settlement, None).await;
                continue;
            }
            let Some(policy) = self.callers.first_policy() else {
                match self.claiming.take() {
                    Some((nonce, policy)) => self.take_back_claim(nonce, &policy).await,
                    // From here on a new call gets a keeper of its own.
                    None if self.inbox.close_if_read() => return,
                    None => {}
                }
                continue;
            };
            believed = match self.step(believed.take(), policy).await {
                Ok(believed) => believed,
                Err(error) => {
                    self.put_up_with(&error).await;
                    None
                }
            };
        }
    }

    /// Looks, claims, and does what follows. Returns what is believed to be there now.
    async fn step(&mut self, believed: Option<Glimpse>, policy: Arc<Policy>) -> Result<Option<Glimpse>, StoreError> {
        let believed = match believed {
            Some(glimpse) => glimpse,
            None => self.look().await?,
        };
        // A claim that was not answered is made again under its nonce, so that it is known when it was applied.
        let (nonce, _) = *self.claiming.get_or_insert_with(|| (Nonce(random::bits()), Arc::clone(&policy)));
        let transition = Transition::Claim { fresh: Series(random::bits()), awaited: self.awaited };
        let holder = self.setting.holder(nonce);
        let applied = self.register.apply(believed, &transition, &self.setting.actor(&holder, &policy)).await?;
        self.recover(applied.sent);
        if applied.decision == Decision::Look {
            return self.look().await.map(Some);
        }
        let applied = match applied.decision {
            // When it was applied is not known, so its lease is counted from a fresh sign of life.
            Decision::Mine => {
                self.register.apply(applied.now, &Transition::Renew, &self.setting.actor(&holder, &policy)).await?
            }
            _ => applied,
        };
        self.claiming = None;
        match applied.decision {
            Decision::Write(_) => self.begun(applied, &holder, policy).await,
            Decision::Busy(left) => self.wait(applied.now, left).await,
            Decision::GivenUp(left) => {
                self.give_up(&applied.now, left);
                Ok(None)
            }
            Decision::Done => {
                self.announce(&applied.now);
                Ok(None)
            }
            // Somebody took over between the claim and its sign of life, or the age is to be looked up.
            Decision::Lost | Decision::Mine | Decision::Look => Ok(None),
        }
    }

    /// Gives back what a claim that was never answered may have got, as nobody is left to run it. One try: if the
    /// store does not answer this either, the lease ends by itself.
    async fn take_back_claim(&self, nonce: Nonce, policy: &Policy) {
        if let Ok(glimpse) = self.register.load().await {
            let holder = self.setting.holder(nonce);
            let actor = self.setting.actor(&holder, policy);
            let _ = self.register.apply(glimpse, &Transition::HandBack, &actor).await;
        }
    }

    /// Reads the record. If somebody here is going to wait, a watch stands before: what happens after the reading
    /// then wakes.
    async fn look(&mut self) -> Result<Glimpse, StoreError> {
        if self.watch.is_none() && !self.callers.are_all_due(self.setting.clock.now()) {
            self.watch = Some(self.register.watch().await?);
        }
        self.register.load().await
    }

    /// A claim was written: it begins an attempt, or it found out that the last one was spent.
    async fn begun(
        &mut self,
        mut applied: Applied,
        holder: &Holder,
        policy: Arc<Policy>,
    ) -> Result<Option<Glimpse>, StoreError> {
        self.tell_of_takeover(&applied, holder);
        let Some(State::Running { series, .. }) = applied.now.record().map(|record| &record.state) else {
            self.give_up(&applied.now, policy.cooldown_or_default());
            return Ok(None);
        };
        self.awaited = Some(*series);
        self.told_busy = None;
        if hold::local_deadline(applied.sent, &policy) <= self.setting.clock.now() {
            // The answer was on its way for a whole lease. The attempt would be spent before its body has begun.
            self.claiming = Some((holder.nonce, Arc::clone(&policy)));
            let actor = self.setting.actor(holder, &policy);
            applied = self.register.apply(applied.now, &Transition::Renew, &actor).await?;
            self.claiming = None;
            if !matches!(applied.decision, Decision::Write(_)) {
                return Ok(None);
            }
        }
        Ok(self.hold(applied, holder, policy).await)
    }

    /// Waits for somebody else's attempt or pause, which has `left` to go at most.
    async fn wait(&mut self, glimpse: Glimpse, left: Duration) -> Result<Option<Glimpse>, StoreError> {
        let until = self.setting.clock.now() + left;
        let Some(record) = glimpse.record() else { return Ok(None) };
        let (State::Running { series, .. } | State::Waiting { series, .. }) = &record.state else { return Ok(None) };
        self.awaited = Some(*series);
        self.tell_busy(record, left);
        self.answer_due(record, until);
        if self.callers.is_empty() {
            return Ok(Some(glimpse));
        }
        if self.watch.is_none() {
            // Something may have happened before the watch stood, so it is read again.
            return Ok(None);
        }
        loop {
            let next = self.callers.next_deadline().map_or(until, |deadline| deadline.min(until));
            let watch = self.watch.as_mut().expect("it stands, see above");
            tokio::select! {
                biased;
                message = self.inbox.next() => self.receive(message),
                () = watch.changed() => return Ok(self.woken().await),
                () = sleep_until(next) => {}
            }
            if until <= self.setting.clock.now() || !self.late.is_empty() {
                return Ok(None);
            }
            self.answer_due(record, until);
            if self.callers.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Takes a message, outside of an attempt.
    fn receive(&mut self, message: Message) {
        match message {
            Message::Join(caller) => {
                let now = self.setting.clock.now();
                self.callers.join(caller, now, now);
            }
            Message::Leave(ticket) => {
                self.callers.leave(ticket);
            }
            Message::Settle(settlement) => self.late.push_back(settlement),
        }
    }

    /// Answers those who do not want to wait longer for `record`'s attempt.
    fn answer_due(&mut self, record: &Record, until: Instant) {
        let now = self.setting.clock.now();
        let left = until.saturating_duration_since(now);
        let (key, holder, attempt) = (&self.key, record.holder.label(), record.attempts);
        self.callers.answer_due(now, || {
            let text = match &record.state {
                State::Waiting { error, .. } => {
                    format!("busy: the pause after attempt {attempt} ({error}) has {left:?} to go; call again then")
                }
                _ => format!(
                    "busy: {holder} is at attempt {attempt}, alive for {left:?} more at least; call again later"
                ),
            };
            let error = Error::new(ErrorKind::Busy, text).with_key(key).with_attempts(attempt).with_retry_in(left);
            Verdict::Failed(error)
        });
    }

    /// Tells everybody that all attempts are spent.
    fn give_up(&mut self, glimpse: &Glimpse, left: Duration) {
        let Some(Record { attempts, state: State::Exhausted { error, .. }, .. }) = glimpse.record().map(|it| &**it)
        else {
            return;
        };
        self.setting.listener.tell(|| Event::Exhausted {
            key: self.key.as_str().to_owned(),
            attempts: *attempts,
            error: error.clone(),
        });
        let text =
            format!("gave up after {attempts} attempts; the last error: {error}; a new series may begin in {left:?}");
        self.callers.answer_all(|| {
            let error = Error::new(ErrorKind::Exhausted, text.clone()).with_key(&self.key);
            Verdict::Failed(error.with_attempts(*attempts).with_retry_in(left))
        });
    }

    /// Tells everybody the value.
    fn announce(&mut self, glimpse: &Glimpse) {
        let Some(record) = glimpse.record() else { return };
        if self.completed != Some(record.holder.nonce) {
            self.tell_completed(record, false);
        }
        self.callers.answer_all(|| Verdict::Done(Arc::clone(record)));
    }

    /// Lets a while pass after the store did not answer, and answers those who have had enough of it.
    async fn put_up_with(&mut self, error: &StoreError) {
        let failed = |error: &StoreError| Verdict::Failed(Error::store(error).with_key(&self.key));
        if let StoreError::Refused(_) = error {
            self.callers.answer_all(|| failed(error));
            return;
        }
        self.setting.health.trouble(error);
        let now = self.setting.clock.now();
        let since = self.register.silent_since().unwrap_or(now);
        self.callers.answer_impatient(since, self.setting.patience, now, || failed(error));
        let until = now + self.next_pause();
        while self.late.is_empty() && !self.callers.is_empty() {
            tokio::select! {
                biased;
                message = self.inbox.next() => self.receive(message),
                () = sleep_until(until) => return,
            }
        }
    }

    /// The store has answered, and not only told what is there.
    fn recover(&mut self, sent: Instant) {
        self.tries = 0;
        self.setting.health.answered(sent);
    }

    fn tell_of_takeover(&self, applied: &Applied, holder: &Holder) {
        let Some(before) = &applied.before else { return };
        // What was there may be this very attempt, whose claim was applied but not answered.
        if matches!(before.state, State::Running { .. }) && before.holder.nonce != holder.nonce {
            self.setting.listener.tell(|| Event::TakenOver {
                key: self.key.as_str().to_owned(),
                attempt: before.attempts,
                holder: before.holder.label().to_owned(),
            });
        }
    }

    /// Told once for each attempt and once for each pause, however often it is looked at.
    fn tell_busy(&mut self, record: &Record, retry_in: Duration) {
        let is_pause = matches!(record.state, State::Waiting { .. });
        let waited_for = (record.holder.nonce, is_pause);
        if self.told_busy.replace(waited_for) != Some(waited_for) {
            self.setting.listener.tell(|| Event::Busy {
                key: self.key.as_str().to_owned(),
                attempt: record.attempts,
                holder: record.holder.label().to_owned(),
                retry_in,
                is_pause,
            });
        }
    }

    fn tell_completed(&self, record: &Record, ran_here: bool) {
        self.setting.listener.tell(|| Event::Completed {
            key: self.key.as_str().to_owned(),
            attempt: record.attempts,
            holder: record.holder.label().to_owned(),
            ran_here,
        });
    }

    /// How long to leave alone a store that does not answer.
    fn next_pause(&mut self) -> Duration {
        let most = FIRST_RETRY.saturating_mul(1 << self.tries.min(10)).min(LONGEST_RETRY);
        self.tries += 1;
        self.setting.jitter.up_to(most)
    }
}
