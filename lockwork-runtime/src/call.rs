//! The caller's side of one call: asks for the next step, and settles what the body did. Knows what its function returns,
//! and no engine.

use std::any::Any;
use std::fmt;
use std::panic::resume_unwind;

use crate::attempt::Attempt;
use crate::bounds::{FromError, Returned, Shared};
use crate::drive::Driven;
use crate::error::{Error, ErrorKind};
use crate::job::Job;
use crate::keeper::Ended;
use crate::policy::Policy;
use crate::record::{State, Value};
use crate::schedule::Timing;
use crate::worker::Worker;

mod line;

pub(crate) use line::Done;
use line::{Line, Next, shortened};

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
    Call::new(&Job::with_policy(key, policy.into()), worker)
}

/// As [`begin`], for the slot that `timing` tells.
pub fn begin_slot<R, T, E>(policy: &'static Policy, worker: Option<&Worker>, key: &str, timing: Timing) -> Call<R>
where
    R: Returned<Value = T, Error = E>,
    T: Shared,
    E: FromError,
{
    Call::new(&Job::with_policy(key, policy.into()).with_timing(timing), worker)
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
        Self { line: Box::new(Line::new(job.plan(), engine)), codec }
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
    ///
    /// # Panics
    ///
    /// When the body did, with the same.
    pub fn settle(&mut self, driven: Driven<R>) -> Option<R> {
        match driven {
            Driven::Cut => {
                self.line.settle(Ended::Cut);
                None
            }
            Driven::Panicked(panic) => {
                // Before all that is left of the call is unwound, as somebody else may follow on it.
                self.line.leave(Ended::Failed(shortened(text_of(panic.as_ref()))));
                resume_unwind(panic)
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

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the body panicked: {}", text.unwrap_or("(no text)"))
}

impl<R> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("line", &self.line).finish_non_exhaustive()
    }
}
