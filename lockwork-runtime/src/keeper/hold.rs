//! The keeper while an attempt runs here: signs of life, the local deadline and the bound on the attempt.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::attempt::{Attempt, Identity};
use crate::event::Event;
use crate::keeper::{Ended, Keeper, Message, Next, Settlement, Whose};
use crate::policy::{Policy, SharedPolicy};
use crate::record::{Record, Series, Transition};
use crate::register::Applied;
use crate::store::StoreError;

/// An attempt that runs here.
#[derive(Debug)]
pub(super) struct Held {
    attempt: Attempt,
    policy: SharedPolicy,
    /// When the body must not run any more, unless there is a sign of life before.
    deadline: Instant,
    renew_at: Instant,
    /// It has: it was told to stop, and gets no more signs of life.
    has_overrun: bool,
}

impl Keeper {
    /// Hands an attempt to a caller and keeps it alive until it ends or is lost.
    pub(super) async fn hold(&mut self, mut held: Held) -> Next {
        if !self.callers.hand_out(&held.attempt) {
            let nobody = Whose::Gone { policy: held.policy, receipt: None };
            return self.then_settle(Box::new(Settlement::new(held.attempt, Ended::Dropped, nobody)));
        }
        loop {
            let mut next = held.next_timer();
            if let Some(deadline) = self.callers.next_deadline() {
                next = next.min(deadline);
            }
            tokio::select! {
                biased;
                message = self.post.inbox().next() => match message {
                    Message::Settle(settlement) if settlement.nonce == held.attempt.identity().nonce => {
                        let settlement = held.judge(settlement);
                        if settlement.is_cut() {
                            // The body's side was the first to see that the lease is over.
                            self.lose(&held.attempt);
                        }
                        return self.then_settle(settlement);
                    }
                    message => self.receive(message),
                },
                () = sleep_until(next) => {}
            }
            let now = self.post.setting().clock.now();
            if let Some(record) = self.register.record().cloned() {
                self.answer_due(&record, held.deadline);
            }
            if held.deadline <= now {
                return self.lose(&held.attempt);
            }
            if !held.has_overrun && held.run_until().is_some_and(|until| until <= now) {
                held.has_overrun = true;
                held.attempt.cut();
            }
            // Boxed, as most attempts end before.
            if !held.has_overrun && held.renew_at <= now && !Box::pin(self.renew(&mut held)).await {
                return self.lose(&held.attempt);
            }
        }
    }

    /// The attempt that `record` begins `now`, which was `sent` then.
    pub(super) fn held(
        &self,
        sent: Instant,
        now: Instant,
        record: &Record,
        series: Series,
        policy: SharedPolicy,
    ) -> Held {
        let deadline = local_deadline(sent, &policy);
        let identity = Identity {
            engine: self.post.setting().engine,
            key: self.post.key().clone(),
            nonce: record.holder.nonce,
            number: record.attempts,
            max_attempts: policy.max_attempts,
            fence: record.revision,
            series,
        };
        let attempt = Attempt::new(identity, self.post.setting().clock, now, deadline);
        let is_last = attempt.is_last();
        self.tell(&attempt, |key, attempt, fence, holder| Event::Claimed { key, attempt, is_last, fence, holder });
        Held { attempt, deadline, renew_at: sent + policy.timeout / 3, has_overrun: false, policy }
    }

    /// Gives a sign of life, or tries to. Says whether the attempt still is ours as far as is known.
    async fn renew(&mut self, held: &mut Held) -> bool {
        let nonce = held.attempt.identity().nonce;
        let now = self.post.setting().clock.now();
        match timeout_at(held.deadline, self.apply(&Transition::Renew, nonce, &held.policy, now)).await {
            Ok(Ok(Applied { decision: None, sent, .. })) => {
                self.recover(sent);
                held.deadline = local_deadline(sent, &held.policy);
                held.renew_at = sent + held.policy.timeout / 3;
                held.attempt.extend(held.deadline);
                self.tell(&held.attempt, |key, attempt, fence, holder| Event::Renewed { key, attempt, fence, holder });
                true
            }
            Ok(Ok(_)) => false,
            Ok(Err(error)) => {
                self.note_trouble(&error);
                held.renew_at =
                    self.post.setting().clock.now() + self.post.setting().jitter.up_to(held.policy.timeout / 10);
                true
            }
            Err(_) => false,
        }
    }

    /// The attempt does not count here any more. What is there now has to be looked up.
    pub(super) fn lose(&self, attempt: &Attempt) -> Next {
        attempt.cut();
        self.tell(attempt, |key, attempt, fence, holder| Event::LeaseLost { key, attempt, fence, holder });
        Next::Look
    }

    /// Tells of something that happened to an attempt of this process.
    pub(super) fn tell(&self, attempt: &Attempt, event: impl FnOnce(String, u32, u64, String) -> Event) {
        self.post.setting().listener.tell(|| {
            let holder = self.post.setting().label.to_string();
            event(self.post.key().as_str().to_owned(), attempt.number(), attempt.fence(), holder)
        });
    }

    fn note_trouble(&self, error: &StoreError) {
        if let StoreError::Unavailable(_) = error {
            self.post.setting().health.trouble(error);
        }
    }
}

impl Held {
    /// When the body has run long enough.
    fn run_until(&self) -> Option<Instant> {
        self.policy.max_run.and_then(|max_run| self.attempt.begun().checked_add(max_run))
    }

    fn next_timer(&self) -> Instant {
        if self.has_overrun {
            return self.deadline;
        }
        let timers = [Some(self.deadline), Some(self.renew_at), self.run_until()];
        timers.into_iter().flatten().min().unwrap_or(self.deadline)
    }

    /// An attempt that was cut because it ran too long has failed.
    fn judge(&self, mut settlement: Box<Settlement>) -> Box<Settlement> {
        if let (true, true, Some(max_run)) = (self.has_overrun, settlement.is_cut(), self.policy.max_run) {
            settlement.fail(format!("the attempt ran longer than its `max_run` of {max_run:?}"));
        }
        settlement
    }
}

/// A tenth of the lease before the store could let somebody else begin. Counted from the sending, which comes before
/// the store's own count begins.
pub(super) fn local_deadline(sent: Instant, policy: &Policy) -> Instant {
    let margin: Duration = policy.timeout / 10;
    sent + (policy.timeout - margin)
}
