//! A process that does jobs in a file, or asks for those that are settled there: `go CALLERS MILLIS` lets so many callers
//! loose, and `did RATE P50 P99 CPU` says what they did.

use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::load::{Flavour, Keys, Load, SETTLED};
use crate::rounds::{CLIENT, P50, P99, RATE};
use crate::ways::{lockwork, sqlite};

pub(crate) fn run(kind: &str, file: &str) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let worker = || runtime.block_on(lockwork::worker(&format!("sqlite:{file}")));
    let (way, keys) = match kind {
        "transactions" => (sqlite::transactions(Path::new(file))?, Keys::Fresh),
        "jobs" => (lockwork::run(&worker()?), Keys::Fresh),
        "reads" => (sqlite::reads(Path::new(file))?, Keys::Known(SETTLED)),
        "done" => (lockwork::run(&worker()?), Keys::Known(SETTLED)),
        "busy" => (lockwork::busy(&worker()?), Keys::Known(SETTLED)),
        _ => bail!("there is no way {kind:?} to do jobs"),
    };
    println!("ready");
    for order in std::io::stdin().lock().lines() {
        let order = order?;
        let words = order.strip_prefix("go ").and_then(|words| words.split_once(' '));
        let (callers, millis) = words.with_context(|| format!("there is no order {order:?}"))?;
        let span = Duration::from_millis(millis.parse()?);
        let load = Load { callers: callers.parse()?, keys, span };
        let did = load.drive(&runtime, &way, || Duration::ZERO)?;
        let figures = [RATE, P50, P99, CLIENT].map(|metric| did.figure(metric).unwrap_or(f64::NAN).to_string());
        println!("did {}", figures.join(" "));
    }
    Ok(())
}
