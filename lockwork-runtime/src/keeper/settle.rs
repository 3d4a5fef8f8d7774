//! The keeper when an attempt has ended: its completion, failure or return is recorded, or said to be unrecorded.

use std::time::Duration;

use tokio::time::sleep;

use crate::attempt::Attempt;
use crate::callers::{Caller, Verdict};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::farewell::Receipt;
use crate::keeper::{Keeper, Next};
use crate::policy::{Policy, SharedPolicy};
use crate::record::{Decision, Nonce, Record, State, Transition, Value};
use crate::store::StoreError;

/// The end of an attempt.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(super) nonce: Nonce,
    attempt: Attempt,
    /// What its end means for the record; `None` is nothing, as it was cut.
    transition: Option<Transition>,
    /// Its lease was lost before, and that was told.
    pub(super) is_late: bool,
    whose: Whose,
}

/// Whose attempt it was.
#[derive(Debug)]
pub(crate) enum Whose {
    /// A caller's that stays, and is to be told the job's fate.
    Caller(Caller),
    /// Of one who has gone. The thread that left may wait for the record: until the receipt is dropped.
    Gone { policy: SharedPolicy, receipt: Option<Receipt> },
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The body returned `Ok`.
    Completed(Value),
    /// The body returned `Err`, or panicked.
    Failed(String),
    /// The body was dropped because the attempt did not count any more.
    Cut,
    /// The call was dropped, and its body with it.
    Dropped,
}

impl Ended {
    fn transition(self, attempt: &Attempt) -> Option<Transition> {
        match self {
            Self::Completed(value) => Some(Transition::Complete { value, took: attempt.age() }),
            Self::Failed(error) => Some(Transition::Fail(error)),
            Self::Dropped => Some(Transition::HandBack),
            Self::Cut => None,
        }
    }
}

impl Settlement {
    pub(crate) fn new(attempt: Attempt, ended: Ended, whose: Whose) -> Self {
        let (nonce, transition) = (attempt.identity().nonce, ended.transition(&attempt));
        Self { nonce, attempt, transition, is_late: false, whose }
    }

    fn policy(&self) -> &Policy {
        match &self.whose {
            Whose::Caller(Caller { policy, .. }) | Whose::Gone { policy, .. } => policy,
        }
    }

    /// Whether the body was dropped because the attempt did not count any more.
    pub(super) fn is_cut(&self) -> bool {
        self.transition.is_none()
    }

    /// It was cut because the attempt has failed.
    pub(super) fn fail(&mut self, error: String) {
        self.transition = Some(Transition::Fail(error));
    }
}

impl Keeper {
    /// Goes on with the end of an attempt. The store has the whole patience for it, however long it was silent while the
    /// body ran.
    pub(super) fn then_settle(&mut self, settlement: Box<Settlement>) -> Next {
        self.register.begin_patience_anew();
        Next::Settle(settlement)
    }

    /// Records the end of an attempt.
    pub(super) async fn settle(&mut self, settlement: Box<Settlement>) -> Next {
        let Some(transition) = &settlement.transition else {
            // It was lost already, so there is nothing to record.
            self.rejoin(settlement.whose, Duration::ZERO);
            return Next::Look;
        };
        if !self.register.knows()
            && let Err(error) = self.register.load().await
        {
            return self.put_off(settlement, &error).await;
        }
        let now = self.post.setting().round();
        let applied = match self.apply(transition, settlement.nonce, settlement.policy(), now).await {
            Ok(applied) => applied,
            Err(error) => return self.put_off(settlement, &error).await,
        };
        self.recover(applied.sent);
        let is_settled = matches!(applied.decision, None | Some(Decision::Mine));
        let Some(record) = self.register.record().filter(|_| is_settled) else {
            if !settlement.is_late {
                self.lose(&settlement.attempt);
            }
            self.rejoin(settlement.whose, Duration::ZERO);
            return Next::Claim;
        };
        self.tell_settled(&settlement, record);
        // The pause after its own attempt is not part of a caller's `wait`.
        let pause = if let State::Waiting { pause, .. } = record.state { pause } else { Duration::ZERO };
        let cooldown = if let State::Exhausted { cooldown, .. } = record.state { Some(cooldown) } else { None };
        let is_done = matches!(record.state, State::Done { .. });
        self.rejoin(settlement.whose, pause);
        if let Some(cooldown) = cooldown {
            return self.give_up(cooldown);
        }
        if is_done {
            self.completed = Some(settlement.nonce);
            // Who has come since then need not look either.
            self.read_inbox();
            return self.announce();
        }
        Next::Claim
    }

    /// Lets a while pass after the store did not answer, for as long as the patience lasts.
    async fn put_off(&mut self, settlement: Box<Settlement>, error: &StoreError) -> Next {
        if let StoreError::Unavailable(_) = error {
            self.post.setting().health.trouble(error);
            if !self.register.has_lost_patience() {
                self.register.disbelieve();
                let pause = self.next_pause();
                sleep(pause).await;
                return Next::Settle(settlement);
            }
        }
        self.tell_unrecorded(*settlement, error);
        Next::Look
    }

    /// Lets the caller wait for the job's fate like the others, from the end of the `pause` on. Who has gone is done with it.
    fn rejoin(&mut self, whose: Whose, pause: Duration) {
        match whose {
            Whose::Caller(caller) => self.join(caller, pause),
            Whose::Gone { receipt, .. } => drop(receipt),
        }
    }

    fn tell_settled(&self, settlement: &Settlement, record: &Record) {
        match &settlement.transition {
            Some(Transition::Complete { .. }) => self.tell_completed(record, true),
            Some(Transition::Fail(error)) => {
                let error = error.clone();
                self.tell(&settlement.attempt, |key, attempt, fence, holder| Event::AttemptFailed {
                    key,
                    attempt,
                    fence,
                    holder,
                    error,
                });
            }
            _ => self.tell(&settlement.attempt, |key, attempt, fence, holder| Event::HandedBack {
                key,
                attempt,
                fence,
                holder,
            }),
        }
    }

    fn tell_unrecorded(&self, settlement: Settlement, error: &StoreError) {
        let Whose::Caller(caller) = settlement.whose else { return };
        let error = match settlement.transition {
            Some(Transition::Complete { .. }) => {
                let text = format!(
                    "the body finished, but its completion may not be recorded, so another attempt may run: {error}"
                );
                Error::new(ErrorKind::Unrecorded, text)
            }
            _ => Error::store(error),
        };
        let error = error.with_key(self.post.key()).with_attempts(settlement.attempt.number());
        // One who has gone needs no answer.
        let _ = caller.reply.send(Verdict::Failed(error));
    }
}
