//! What a process that calls jobs is told, and what it answers, by whichever lock it does so. Knows no lock.
//!
//! It is started with the store's URL and the lease in milliseconds, and says `ready` when it is connected. An order is
//! a line, and so is an answer. A moment is in microseconds on the monotonic clock, which all processes of a host share.
//!
//! | order | answers |
//! |---|---|
//! | `call KEY` | `called`, before anything else happens; then what the call comes to. A body ends at once, and well |
//! | `hold KEY` | the same with a body that goes on until it is told how to end |
//! | `finish`, `fail` | what the body that runs comes to. After a failed attempt its process does not want another one |
//! | `crowd CALLS KEYS PREFIX` | `called`; then, when all calls are answered, `answered OK ERRORS MOMENT`, and what one of the errors says. Not in Python |
//! | `jobs once\|lock CALLERS MILLIS PREFIX` | `jobs COUNT MICROS P50 P99 CPU`. The peers of other languages only |
//!
//! A call comes to `begun MOMENT` when its body runs, and to `finished MOMENT` or `failed MOMENT` when that has ended; or
//! to `told MOMENT` when it is known that somebody else's body has done the job.

use std::fmt::Display;

use anyhow::{Context, bail};
use lockwork_fleet::talk::{order, say};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::clock;

/// What is to be called.
#[derive(Debug)]
pub(crate) enum Call {
    /// One job.
    One(String, Body),
    /// So many calls of so many jobs, whose keys begin like this.
    Crowd(usize, usize, String),
}

/// What a body does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    EndsAtOnce,
    EndsWhenTold,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Finished,
    Failed,
}

/// What the body that runs is told.
#[derive(Debug)]
pub(crate) struct Told(Mutex<mpsc::UnboundedReceiver<Ending>>);

impl Body {
    /// Says that it has begun, and waits for its end. Gives the moment of that too.
    pub(crate) async fn run(self, told: &Told) -> (Ending, u64) {
        say_moment("begun", clock::micros());
        let ending = match self {
            Self::EndsAtOnce => Ending::Finished,
            // There is always somebody who may tell: the loop that takes orders.
            Self::EndsWhenTold => told.0.lock().await.recv().await.unwrap_or(Ending::Failed),
        };
        (ending, clock::micros())
    }
}

impl Ending {
    /// Says how a body ended.
    pub(crate) fn say(self, moment: u64) {
        let how = match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
        };
        say_moment(how, moment);
    }
}

/// Says that something happened.
pub(crate) fn say_moment(what: impl Display, moment: u64) {
    say(&format!("{what} {moment}"));
}

/// Waits until all calls of a crowd are answered, and says how.
pub(crate) async fn answered(mut called: JoinSet<Result<(), String>>) -> anyhow::Result<()> {
    let (mut answered, mut errors, mut complaint) = (0, 0, String::new());
    while let Some(call) = called.join_next().await {
        match call? {
            Ok(()) => answered += 1,
            Err(error) => {
                errors += 1;
                complaint = error;
            }
        }
    }
    say(&format!("answered {answered} {errors} {} {complaint}", clock::micros()));
    Ok(())
}

/// Takes orders until nobody gives any more. A call that comes to nothing ends the process.
pub(crate) async fn obey<C>(call: impl Fn(Call, &'static Told) -> C) -> anyhow::Result<()>
where
    C: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let (ends, told) = mpsc::unbounded_channel();
    let told: &'static Told = Box::leak(Box::new(Told(Mutex::new(told))));
    say("ready");
    loop {
        let line = order().await;
        let words: Vec<&str> = line.split(' ').collect();
        let wanted = match words[..] {
            ["call", key] => Call::One(key.to_owned(), Body::EndsAtOnce),
            ["hold", key] => Call::One(key.to_owned(), Body::EndsWhenTold),
            ["crowd", calls, keys, prefix] => {
                Call::Crowd(calls.parse()?, keys.parse().context("keys are a number")?, prefix.to_owned())
            }
            ["finish"] => {
                ends.send(Ending::Finished).context("the channel is held above")?;
                continue;
            }
            ["fail"] => {
                ends.send(Ending::Failed).context("the channel is held above")?;
                continue;
            }
            _ => bail!("there is no order {line:?}"),
        };
        say("called");
        let called = call(wanted, told);
        tokio::spawn(async move {
            if let Err(error) = called.await {
                eprintln!("{error:?}");
                std::process::exit(1);
            }
        });
    }
}
