//! The keeper when an attempt has ended: its completion, failure or return is recorded, or said to be unrecorded.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::attempt::Attempt;
use crate::callers::{Caller, Verdict};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::farewell::Receipt;
use crate::keeper::Keeper;
use crate::policy::Policy;
use crate::record::{Decision, Nonce, Record, State, Transition, Value};
use crate::register::{Applied, Glimpse};
use crate::store::StoreError;

/// The end of an attempt.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) nonce: Nonce,
    pub(crate) ended: Ended,
    attempt: Attempt,
    /// How long the attempt took.
    took: Duration,
    policy: Arc<Policy>,
    /// The caller, if it wants to know the job's fate.
    then: Option<Caller>,
    /// Dropped when all is done that can be done.
    receipt: Option<Receipt>,
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

impl Settlement {
    pub(crate) fn new(attempt: &Attempt, policy: &Arc<Policy>, ended: Ended) -> Self {
        let (nonce, took) = (attempt.identity().nonce, attempt.age());
        Self { nonce, ended, attempt: attempt.clone(), took, policy: Arc::clone(policy), then: None, receipt: None }
    }

    /// The caller stays, and is to be told the job's fate.
    pub(crate) fn with_caller(self, caller: Caller) -> Self {
        Self { then: Some(caller), ..self }
    }

    /// Nobody stays, but the thread that leaves may wait for the record.
    pub(crate) fn with_receipt(self, receipt: Option<Receipt>) -> Self {
        Self { receipt, ..self }
    }
}

impl Keeper {
    /// Records the end of an attempt. Returns what is believed to be there then.
    pub(super) async fn settle(&mut self, mut settlement: Settlement, believed: Option<Glimpse>) -> Option<Glimpse> {
        let transition = match &settlement.ended {
            Ended::Completed(value) => Transition::Complete { value: value.clone(), took: settlement.took },
            Ended::Failed(error) => Transition::Fail(error.clone()),
            Ended::Dropped => Transition::HandBack,
            Ended::Cut => {
                // It was lost already, so there is nothing to record.
                self.rejoin(&mut settlement, None);
                return None;
            }
        };
        // One that ended late was told of when its lease was lost.
        let is_late = believed.is_none();
        let applied = match self.apply_patiently(&settlement, &transition, believed).await {
            Ok(applied) => applied,
            Err(error) => {
                self.tell_unrecorded(settlement, &error);
                return None;
            }
        };
        let record = applied.now.record();
        match (&applied.decision, record) {
            (Decision::Write(_) | Decision::Mine, Some(record)) => {
                self.tell_settled(&settlement, record);
                self.rejoin(&mut settlement, Some(record));
                if let State::Exhausted { cooldown, .. } = record.state {
                    self.give_up(&applied.now, cooldown);
                    return None;
                }
            }
            _ => {
                if !is_late {
                    self.lose(&settlement.attempt);
                }
                self.rejoin(&mut settlement, None);
            }
        }
        drop(settlement.receipt);
        Some(applied.now)
    }

    /// Applies a transition, again and again for the worker's patience when the store does not answer.
    async fn apply_patiently(
        &mut self,
        settlement: &Settlement,
        transition: &Transition,
        mut believed: Option<Glimpse>,
    ) -> Result<Applied, StoreError> {
        let holder = self.setting.holder(settlement.nonce);
        // However long the store was silent while the body ran.
        self.register.begin_patience_anew();
        loop {
            let there = match believed.take() {
                Some(glimpse) => Ok(glimpse),
                None => self.register.load().await,
            };
            let applied = match there {
                Ok(glimpse) => {
                    let actor = self.setting.actor(&holder, &settlement.policy);
                    self.register.apply(glimpse, transition, &actor).await
                }
                Err(error) => Err(error),
            };
            match applied {
                Ok(applied) => {
                    self.recover(applied.sent);
                    return Ok(applied);
                }
                Err(error @ StoreError::Refused(_)) => return Err(error),
                Err(error) => {
                    self.setting.health.trouble(&error);
                    if self.register.has_lost_patience() {
                        return Err(error);
                    }
                    let pause = self.next_pause();
                    sleep(pause).await;
                }
            }
        }
    }

    /// Lets the caller wait for the job's fate like the others. The pause after its own attempt is not part of its
    /// `wait`.
    fn rejoin(&mut self, settlement: &mut Settlement, record: Option<&Record>) {
        let Some(caller) = settlement.then.take() else { return };
        let now = self.setting.clock.now();
        let from = match record.map(|record| &record.state) {
            Some(State::Waiting { pause, .. }) => now + *pause,
            _ => now,
        };
        self.callers.join(caller, now, from);
    }

    fn tell_settled(&mut self, settlement: &Settlement, record: &Record) {
        match &settlement.ended {
            Ended::Completed(_) => {
                self.completed = Some(settlement.nonce);
                self.tell_completed(record, true);
            }
            Ended::Failed(error) => {
                let error = error.clone();
                self.tell(&settlement.attempt, |key, attempt, fence, holder| Event::AttemptFailed {
                    key,
                    attempt,
                    fence,
                    holder,
                    error,
                });
            }
            Ended::Dropped | Ended::Cut => self.tell(&settlement.attempt, |key, attempt, fence, holder| {
                Event::HandedBack { key, attempt, fence, holder }
            }),
        }
    }

    fn tell_unrecorded(&self, settlement: Settlement, error: &StoreError) {
        let Some(caller) = settlement.then else { return };
        let error = match settlement.ended {
            Ended::Completed(_) => {
                let text = format!(
                    "the body finished, but its completion may not be recorded, so another attempt may run: {error}"
                );
                Error::new(ErrorKind::Unrecorded, text)
            }
            _ => Error::store(error),
        };
        let error = error.with_key(&self.key).with_attempts(settlement.attempt.number());
        // One who has gone needs no answer.
        let _ = caller.reply.send(Verdict::Failed(error));
    }
}
