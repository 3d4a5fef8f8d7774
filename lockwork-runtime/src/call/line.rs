//! A call's place in the line of its job's callers. Knows the engine's messages, no store, and not what its function returns.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::attempt::Attempt;
use crate::bell::Rope;
use crate::callers::{Caller, Ticket, Verdict};
use crate::clock::Clock;
use crate::drive::is_inside;
use crate::engine::{Engine, Way};
use crate::error::{Error, ErrorKind};
use crate::farewell;
use crate::job::Plan;
use crate::keeper::{Ended, Message, Settlement, Whose};
use crate::policy::SharedPolicy;
use crate::record::{Nonce, Record};
use crate::schedule::Schedule;
use crate::turn::Turn;
use crate::worker::installed_engine;

/// The longest text of an error that is recorded, in bytes.
const LONGEST_ERROR: usize = 4096;

/// How a completed job came about, as its call learnt it.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) ran_here: bool,
    pub(crate) record: Arc<Record>,
}

/// The part of a call that does not depend on what its function returns: its place in the line of the callers.
#[derive(Debug)]
pub(super) struct Line {
    plan: Result<Plan, Error>,
    /// That of the call's own worker, until it gets in line.
    engine: Option<Engine>,
    stage: Stage,
    rope: Rope,
    /// What came of it, once that was returned.
    pub(super) done: Option<Done>,
    /// The driver that made this call.
    turn: Option<Arc<Turn>>,
}

/// Where a call is.
#[derive(Debug)]
enum Stage {
    New,
    /// It waits for a verdict.
    Waiting {
        way: Way,
        ticket: Ticket,
        verdict: oneshot::Receiver<Verdict>,
        last: Option<Nonce>,
    },
    /// It runs the body.
    Running {
        way: Way,
        attempt: Attempt,
    },
    Over,
}

pub(super) enum Next {
    Run(Attempt),
    Done(Done),
}

impl Line {
    pub(super) fn new(plan: Result<Plan, Error>, engine: Option<Engine>) -> Self {
        Self { plan, engine, stage: Stage::New, rope: Rope::default(), done: None, turn: None }
    }

    /// Waits for the next step.
    pub(super) async fn next(&mut self) -> Result<Next, Error> {
        let next = self.step().await;
        if let (Err(error), Some(turn)) = (&next, &self.turn) {
            turn.note(error);
        }
        next
    }

    async fn step(&mut self) -> Result<Next, Error> {
        if let Stage::New = self.stage {
            self.join().await?;
        }
        let Stage::Waiting { verdict, .. } = &mut self.stage else {
            unreachable!("`next` is called first, and then after each `settle` that returned nothing");
        };
        let verdict = self.rope.woken_together(verdict).await;
        let Stage::Waiting { way, last, .. } = std::mem::replace(&mut self.stage, Stage::Over) else {
            unreachable!("it was so a moment ago");
        };
        match verdict {
            Ok(Verdict::Run(attempt)) => {
                let attempt = attempt.in_slot(self.plan.as_ref().ok().and_then(|plan| plan.slot));
                self.stage = Stage::Running { way, attempt: attempt.clone() };
                Ok(Next::Run(attempt))
            }
            Ok(Verdict::Done(record)) => {
                let ran_here = last == Some(record.holder.nonce);
                Ok(Next::Done(Done { ran_here, record }))
            }
            Ok(Verdict::Failed(error)) => Err(error),
            Err(_) if way.engine.has_ended() => {
                let text = "the worker has ended, and with it what it knew: the runtime that a test hosted it in is \
                            gone, or the test killed its process";
                Err(self.about_job(Error::new(ErrorKind::Store, text)))
            }
            Err(_) => {
                let text = "lockwork's own thread failed at this job, which is a defect of lockwork; call again";
                Err(self.about_job(Error::new(ErrorKind::Store, text)))
            }
        }
    }

    /// Gets in line.
    async fn join(&mut self) -> Result<(), Error> {
        if self.plan.as_ref().map_or(true, |plan| plan.schedule.is_some()) {
            self.turn = Turn::take();
        }
        let plan = self.plan.as_ref().map_err(Clone::clone)?;
        let engine = match self.engine.take() {
            Some(engine) => engine,
            // Boxed, as connecting is rare and its future is large.
            None => Box::pin(installed_engine()).await.map_err(|error| error.with_key(&plan.key))?,
        };
        if let Some(schedule) = &plan.schedule {
            // Boxed, as slots come rarely.
            self.plan = Ok(Box::pin(in_slot(plan, schedule, &engine, self.turn.as_deref())).await);
        }
        let plan = self.plan.as_ref().map_err(Clone::clone)?;
        if is_inside(engine.id, &plan.key) {
            let text = "the body calls its own job, and would wait for itself for ever: call another function instead";
            return Err(Error::new(ErrorKind::Reentrant, text).with_key(&plan.key));
        }
        let (caller, ticket, verdict) = new_caller(&plan.policy);
        let mut way = Way::new(engine, &plan.key);
        way.ask(Message::Join(caller));
        self.stage = Stage::Waiting { way, ticket, verdict, last: None };
        Ok(())
    }

    /// Ends the attempt and waits for the job's fate.
    pub(super) fn settle(&mut self, ended: Ended) {
        let (Stage::Running { mut way, attempt }, Ok(plan)) =
            (std::mem::replace(&mut self.stage, Stage::Over), &self.plan)
        else {
            return;
        };
        if !matches!(ended, Ended::Completed(_)) {
            attempt.cut();
        }
        let last = Some(attempt.identity().nonce);
        let (caller, ticket, verdict) = new_caller(&plan.policy);
        let settlement = Settlement::new(attempt, ended, Whose::Caller(caller));
        way.ask(Message::Settle(Box::new(settlement)));
        self.stage = Stage::Waiting { way, ticket, verdict, last };
    }

    /// Ends the attempt with an error. Says whether that is the job's fate: it was the last attempt, and it counts as
    /// far as is known here.
    pub(super) fn settle_failed(&mut self, error: String) -> bool {
        let is_fate = match &self.stage {
            Stage::Running { attempt, .. } => attempt.is_last() && !attempt.is_over(),
            _ => false,
        };
        if is_fate {
            self.leave(Ended::Failed(error));
        } else {
            self.settle(Ended::Failed(error));
        }
        is_fate
    }

    /// Ends the attempt without waiting for anything.
    pub(super) fn leave(&mut self, ended: Ended) {
        let (Stage::Running { mut way, attempt }, Ok(plan)) =
            (std::mem::replace(&mut self.stage, Stage::Over), &self.plan)
        else {
            return;
        };
        attempt.cut();
        // An engine that shares its thread with the caller cannot record anything while that thread waits.
        let receipt = match way.engine.clock {
            Clock::Machine => farewell::receipt(),
            Clock::Runtime => None,
        };
        let gone = Whose::Gone { policy: plan.policy.clone(), receipt };
        let settlement = Settlement::new(attempt, ended, gone);
        let message = Message::Settle(Box::new(settlement));
        // Without a runtime this thread may be leaving, and is to do no more than it must.
        if Handle::try_current().is_ok() {
            way.ask(message);
        } else {
            way.tell(message);
        }
    }

    /// Hears what nobody has come to hear: an attempt that was handed out to somebody who left just then is his.
    fn hear_last(&mut self) {
        if let Stage::Waiting { way, verdict, .. } = &mut self.stage {
            verdict.close();
            if let Ok(Verdict::Run(attempt)) = verdict.try_recv() {
                self.stage = Stage::Running { way: way.clone(), attempt };
            }
        }
    }

    pub(super) fn about_job(&self, error: Error) -> Error {
        match &self.plan {
            Ok(plan) => error.with_key(&plan.key),
            Err(_) => error,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.hear_last();
        match &mut self.stage {
            Stage::New | Stage::Over => {}
            Stage::Waiting { way, ticket, .. } => way.tell(Message::Leave(*ticket)),
            Stage::Running { .. } => self.leave(Ended::Dropped),
        }
    }
}

/// The job of the slot that the call is for: the driver's next one, else the latest that has begun.
async fn in_slot(plan: &Plan, schedule: &Schedule, engine: &Engine, turn: Option<&Turn>) -> Plan {
    let Some(turn) = turn else {
        return plan.in_slot(schedule, schedule.slot_at(engine.store_clock()));
    };
    let slot = turn.next_slot(engine, schedule, &plan.policy).await;
    let plan = plan.in_slot(schedule, slot);
    turn.begin_slot(slot, plan.key.as_str());
    plan
}

fn new_caller(policy: &SharedPolicy) -> (Caller, Ticket, oneshot::Receiver<Verdict>) {
    let (reply, verdict) = oneshot::channel();
    let ticket = Ticket::next();
    (Caller { ticket, policy: policy.clone(), reply }, ticket, verdict)
}

pub(super) fn shortened(mut text: String) -> String {
    if LONGEST_ERROR < text.len() {
        let end = (0..=LONGEST_ERROR - 3).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_error_is_recorded_in_part() {
        let long = shortened("é".repeat(LONGEST_ERROR));
        assert!(long.len() <= LONGEST_ERROR && long.ends_with("é…"), "{} bytes", long.len());
        let fits = "e".repeat(LONGEST_ERROR);
        assert_eq!(shortened(fits.clone()), fits);
    }
}
