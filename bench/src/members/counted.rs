//! A process that does something so many times and nothing else, for somebody who counts its instructions.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::load::{Flavour, key};
use crate::policy::Policy;
use crate::record::{Actor, Decision, Holder, Nonce, Record, Series, Sighting, Transition, Value, decide};
use crate::ways::lockwork;

pub(crate) fn run(what: &str, times: &str) -> anyhow::Result<()> {
    let times: u64 = times.parse().context("the times are a number")?;
    match what {
        "transitions" => transitions(times),
        "calls" => calls(times),
        _ => bail!("there is nothing called {what:?}"),
    }
}

/// The life of a record: claimed, completed, and found to be done; written and read each time.
fn transitions(times: u64) -> anyhow::Result<()> {
    let holder = Holder::new(Nonce(7 << 100), "some-host/12345");
    let policy = Policy::new();
    for time in 0..times {
        let actor =
            Actor { nonce: holder.nonce, label: &holder.label, policy: &policy, clock: 1_700_000_000_000_000 + time };
        let claim = Transition::Claim { fresh: Series(u128::from(time)), awaited: None };
        let took = Duration::from_millis(3);
        let complete = Transition::Complete { value: Value::Json("42".into()), took };
        let running = written(decide(None, &claim, &actor))?;
        let done = written(decide(Some(&running), &complete, &actor))?;
        anyhow::ensure!(decide(Some(&done), &claim, &actor) == Decision::Done);
    }
    Ok(())
}

/// What is to be written, as the next one reads it.
fn written(decision: Decision) -> anyhow::Result<Sighting> {
    let Decision::Write(record) = decision else { bail!("it is a record of ours: {decision:?}") };
    let bytes = record.encode().ok().context("it can be written")?;
    let record = Record::decode(&bytes).ok().context("it can be read")?;
    Ok(Sighting { record: record.into(), age: Some(Duration::ZERO) })
}

/// Calls of jobs on the memory store, one after the other.
fn calls(times: u64) -> anyhow::Result<()> {
    Flavour::CurrentThread.runtime()?.block_on(async {
        let way = lockwork::run(&lockwork::worker("memory:").await?);
        for time in 0..times {
            way(key(time)).await?;
        }
        Ok(())
    })
}
