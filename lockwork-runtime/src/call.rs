//! The caller's side of one call: asks for the next step, and settles what the body did. Knows the engine's messages,
//! no store.

use std::fmt;
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use crate::attempt::Attempt;
use crate::bounds::{FromError, Returned, Shared};
use crate::callers::{Caller, Ticket, Verdict};
use crate::clock::Clock;
use crate::drive::{Driven, is_inside};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::farewell;
use crate::job::{Job, Plan};
use crate::keeper::{Ended, Message, Settlement};
use crate::policy::Policy;
use crate::record::{Nonce, Record, State, Value};
use crate::schedule::{Schedule, Timing};
use crate::turn::Turn;
use crate::worker::{Worker, installed_engine};

/// One call of a function whose whole return type is `R`.
///
/// The bounds on `R` are asked for once, where the call begins, and kept as functions. So a type that does not meet
/// them is one error and not one for every method.
pub struct Call<R> {
    /// Boxed, so that the future of an annotated function is hardly larger than that of the plain one.
    line: Box<Line>,
    codec: Codec<R>,
}

/// What a call does next.
#[derive(Debug)]
pub enum Step<R> {
    /// Run the body.
    Run(Attempt),
    /// Return this.
    Return(R),
}

/// How a completed job came about, as its call learnt it.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) ran_here: bool,
    pub(crate) record: Arc<Record>,
}

/// What is known about `R`.
struct Codec<R> {
    open: fn(R) -> Opened<R>,
    value: fn(&Value) -> Result<R, String>,
    error: fn(Error) -> R,
}

/// What a body returned, as far as the job is concerned.
enum Opened<R> {
    Ok(Value),
    Err(String, R),
}

/// The longest text of an error that is recorded, in bytes.
const LONGEST_ERROR: usize = 4096;

/// A type that stands where another is spoken about.
pub type Is<T> = T;

/// Begins a call of the job `key` under `worker`, or under the installed one.
///
/// `T` and `E` are for the compiler to blame: an argument of its own is a place that it can show.
pub fn begin<R, T, E>(policy: &'static Policy, worker: Option<&Worker>, key: &str) -> Call<R>
where
    R: Returned<Value = T, Error = E>,
    T: Shared,
    E: FromError,
{
    Call::new(&Job::with_policy(key, *policy), worker)
}

/// As [`begin`], for the slot that `timing` tells.
pub fn begin_slot<R, T, E>(policy: &'static Policy, worker: Option<&Worker>, key: &str, timing: Timing) -> Call<R>
where
    R: Returned<Value = T, Error = E>,
    T: Shared,
    E: FromError,
{
    Call::new(&Job::with_policy(key, *policy).with_timing(timing), worker)
}

impl<R> Call<R> {
    pub(crate) fn new(job: &Job, worker: Option<&Worker>) -> Self
    where
        R: Returned,
        R::Value: Shared,
        R::Error: FromError,
    {
        let codec = Codec {
            open: |returned: R| match returned.into_result() {
                Ok(value) => Opened::Ok(Value::encode(&value)),
                Err(error) => Opened::Err(shortened(error.to_string()), R::from_result(Err(error))),
            },
            value: |value| value.decode().map(|value| R::from_result(Ok(value))),
            error: |error| R::from_result(Err(R::Error::from(error))),
        };
        let engine = worker.map(|worker| worker.engine().clone());
        let line = Line { plan: job.plan(), engine, stage: Stage::New, done: None, turn: None };
        Self { line: Box::new(line), codec }
    }

    /// Waits until the body is to be run here, or the job's fate is known.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the call gives up its place, and gives back the attempt that it may have been handed.
    pub async fn next(&mut self) -> Step<R> {
        match self.line.next().await {
            Ok(Next::Run(attempt)) => Step::Run(attempt),
            Ok(Next::Done(done)) => Step::Return(self.done(done)),
            Err(error) => Step::Return((self.codec.error)(error)),
        }
    }

    /// Tells the engine what became of the body. Returns what the call returns, if it is known already: the error of
    /// the last attempt, which need not be `Send` and so cannot be kept while the engine is waited for.
    pub fn settle(&mut self, driven: Driven<R>) -> Option<R> {
        match driven {
            Driven::Cut => {
                self.line.settle(Ended::Cut);
                None
            }
            Driven::Returned(returned) => match (self.codec.open)(returned) {
                Opened::Ok(value) => {
                    self.line.settle(Ended::Completed(value));
                    None
                }
                Opened::Err(error, returned) => self.line.settle_failed(error).then_some(returned),
            },
        }
    }

    /// How the value came about, once there is one.
    pub(crate) fn into_done(mut self) -> Option<Done> {
        self.line.done.take()
    }

    fn done(&mut self, done: Done) -> R {
        let Done { record, .. } = &done;
        let value = match &record.state {
            State::Done { value } => (self.codec.value)(value),
            _ => Err("its record is not that of a completed job".to_owned()),
        };
        let returned = value.unwrap_or_else(|why| {
            let error = Error::new(ErrorKind::Value, format!("the job is done, but its value cannot be shared: {why}"));
            (self.codec.error)(self.line.about_job(error).with_attempts(record.attempts))
        });
        self.line.done = Some(done);
        returned
    }
}

impl<R> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("line", &self.line).finish_non_exhaustive()
    }
}

/// The part of a call that does not depend on what its function returns: its place in the line of the callers.
#[derive(Debug)]
struct Line {
    plan: Result<Plan, Error>,
    /// That of the call's own worker, until it gets in line.
    engine: Option<Engine>,
    stage: Stage,
    done: Option<Done>,
    /// The driver that made this call.
    turn: Option<Arc<Turn>>,
}

/// Where a call is.
#[derive(Debug)]
enum Stage {
    New,
    /// It waits for a verdict.
    Waiting {
        engine: Engine,
        ticket: Ticket,
        verdict: oneshot::Receiver<Verdict>,
        last: Option<Nonce>,
    },
    /// It runs the body.
    Running {
        engine: Engine,
        attempt: Attempt,
    },
    Over,
}

enum Next {
    Run(Attempt),
    Done(Done),
}

impl Line {
    async fn next(&mut self) -> Result<Next, Error> {
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
        let verdict = verdict.await;
        let Stage::Waiting { engine, last, .. } = std::mem::replace(&mut self.stage, Stage::Over) else {
            unreachable!("it was so a moment ago");
        };
        match verdict {
            Ok(Verdict::Run(attempt)) => {
                let attempt = attempt.in_slot(self.plan.as_ref().ok().and_then(|plan| plan.slot));
                self.stage = Stage::Running { engine, attempt: attempt.clone() };
                Ok(Next::Run(attempt))
            }
            Ok(Verdict::Done(record)) => {
                let ran_here = last == Some(record.holder.nonce);
                Ok(Next::Done(Done { ran_here, record }))
            }
            Ok(Verdict::Failed(error)) => Err(error),
            Err(_) if engine.has_ended() => {
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
        let plan = match &plan.schedule {
            None => plan.clone(),
            // Boxed, as slots come rarely.
            Some(schedule) => Box::pin(in_slot(plan, schedule, &engine, self.turn.as_deref())).await,
        };
        if is_inside(engine.id, &plan.key) {
            let text = "the body calls its own job, and would wait for itself for ever: call another function instead";
            return Err(Error::new(ErrorKind::Reentrant, text).with_key(&plan.key));
        }
        let (caller, ticket, verdict) = new_caller(&plan.policy);
        engine.tell(&plan.key, Message::Join(caller));
        self.stage = Stage::Waiting { engine, ticket, verdict, last: None };
        self.plan = Ok(plan);
        Ok(())
    }

    /// Ends the attempt and waits for the job's fate.
    fn settle(&mut self, ended: Ended) {
        let (Stage::Running { engine, attempt }, Ok(plan)) =
            (std::mem::replace(&mut self.stage, Stage::Over), &self.plan)
        else {
            return;
        };
        if !matches!(ended, Ended::Completed(_)) {
            attempt.cut();
        }
        let (caller, ticket, verdict) = new_caller(&plan.policy);
        let settlement = Settlement::new(&attempt, &plan.policy, ended).with_caller(caller);
        engine.tell(&plan.key, Message::Settle(Box::new(settlement)));
        self.stage = Stage::Waiting { engine, ticket, verdict, last: Some(attempt.identity().nonce) };
    }

    /// Ends the attempt with an error. Says whether that is the job's fate: it was the last attempt, and it counts as
    /// far as is known here.
    fn settle_failed(&mut self, error: String) -> bool {
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
    fn leave(&mut self, ended: Ended) {
        let (Stage::Running { engine, attempt }, Ok(plan)) =
            (std::mem::replace(&mut self.stage, Stage::Over), &self.plan)
        else {
            return;
        };
        attempt.cut();
        // An engine that shares its thread with the caller cannot record anything while that thread waits.
        let receipt = match engine.clock {
            Clock::Machine => farewell::receipt(),
            Clock::Runtime => None,
        };
        let settlement = Settlement::new(&attempt, &plan.policy, ended).with_receipt(receipt);
        engine.tell(&plan.key, Message::Settle(Box::new(settlement)));
    }

    /// Hears what nobody has come to hear: an attempt that was handed out to somebody who left just then is his.
    fn hear_last(&mut self) {
        if let Stage::Waiting { engine, verdict, .. } = &mut self.stage {
            verdict.close();
            if let Ok(Verdict::Run(attempt)) = verdict.try_recv() {
                self.stage = Stage::Running { engine: engine.clone(), attempt };
            }
        }
    }

    fn about_job(&self, error: Error) -> Error {
        match &self.plan {
            Ok(plan) => error.with_key(&plan.key),
            Err(_) => error,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.hear_last();
        match &self.stage {
            Stage::New | Stage::Over => {}
            Stage::Waiting { engine, ticket, .. } => {
                if let Ok(plan) = &self.plan {
                    engine.tell(&plan.key, Message::Leave(*ticket));
                }
            }
            Stage::Running { attempt, .. } => {
                let ended = match attempt.panic() {
                    Some(text) if thread::panicking() => Ended::Failed(shortened(text.to_owned())),
                    _ => Ended::Dropped,
                };
                self.leave(ended);
            }
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

fn new_caller(policy: &Arc<Policy>) -> (Caller, Ticket, oneshot::Receiver<Verdict>) {
    let (reply, verdict) = oneshot::channel();
    let ticket = Ticket::next();
    (Caller { ticket, policy: Arc::clone(policy), reply }, ticket, verdict)
}

fn shortened(mut text: String) -> String {
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
