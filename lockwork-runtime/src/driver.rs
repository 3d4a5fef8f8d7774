//! Calls a scheduled function once in each of its slots, on the caller's executor. Knows no store and no timer.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::event::Event;
use crate::turn::{Ended, Start, Turn};

/// How long a store that could not be asked about a slot is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// Calls a scheduled function once in each of its slots, from the next one on.
///
/// ```no_run
/// # extern crate lockwork_runtime as lockwork;
/// use std::time::Duration;
/// use lockwork::{Attempt, Error, Job, Worker};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let worker = Worker::connect("memory:").await?;
/// let sweep = Job::new("sweep").per(Duration::from_secs(600));
/// let body = async |attempt: Attempt| Ok::<_, Error>(attempt.number());
/// lockwork::schedule(|| worker.run(&sweep, body)).await?;
/// # Ok(())
/// # }
/// ```
///
/// Every process of a fleet may do this; in each slot one of them runs the body, and the others' calls wait for it. The
/// function is one with `per` or `cron`, or a [`Worker::run`](crate::Worker::run) of a [`Job`](crate::Job) with such a
/// slot. It tells its schedule itself; the store's clock tells when a slot begins. A call that takes longer than its slot
/// is waited for: two calls never run at the same time. The slots that began meanwhile are called after it, those of the
/// last `max_attempts` times `timeout`; of what is older only the newest is called.
///
/// A call's error ends nothing. It is told as [`Event::SlotFailed`], and the next slot is called, or the same again
/// where the store could not be asked.
///
/// In a task of its own it takes an `async` closure: `tokio::spawn(schedule(async move || report(&pool).await))`. Any
/// executor will do.
///
/// # Errors
///
/// It only ends with what another call would not change: [`NoWorker`](crate::ErrorKind::NoWorker),
/// [`BadUrl`](crate::ErrorKind::BadUrl), [`BadKey`](crate::ErrorKind::BadKey), [`BadJob`](crate::ErrorKind::BadJob), also
/// for a function that has no slots, [`Reentrant`](crate::ErrorKind::Reentrant), and at first any kind of error of a
/// worker that is not there yet.
///
/// # Panics
///
/// When the body does, after the attempt was noted as failed.
///
/// # Cancellation safety
///
/// Dropping the future ends it at once, as dropping the call does: an attempt that runs is given back.
pub async fn schedule<T, E>(call: impl AsyncFnMut() -> Result<T, E>) -> Result<Infallible, Error>
where
    E: fmt::Display,
{
    drive_slots(Turn::new(Start::Next), call).await
}

/// As [`schedule`], but begins with the newest slot, in case nobody was there when it began.
///
/// Where somebody was it is done, and its call returns at once.
///
/// # Errors
///
/// As [`schedule`].
///
/// # Panics
///
/// As [`schedule`].
///
/// # Cancellation safety
///
/// As [`schedule`].
pub async fn schedule_from_latest<T, E>(call: impl AsyncFnMut() -> Result<T, E>) -> Result<Infallible, Error>
where
    E: fmt::Display,
{
    drive_slots(Turn::new(Start::Latest), call).await
}

async fn drive_slots<T, E>(turn: Arc<Turn>, mut call: impl AsyncFnMut() -> Result<T, E>) -> Result<Infallible, Error>
where
    E: fmt::Display,
{
    loop {
        // The error itself need not be `Send`, so it is gone before anything else is waited for.
        let failed = turn.within(call()).await.err().map(|error| error.to_string());
        let Ended::Failed { text, key, by, is_open } = turn.end(failed)? else { continue };
        by.announce(Event::SlotFailed { key: key.unwrap_or_default(), error: text });
        if is_open {
            by.wait_until(by.store_clock() + PAUSE).await;
        }
    }
}
