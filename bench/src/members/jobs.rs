//! A process that does jobs in a file: `go CALLERS MILLIS` lets so many callers loose, and `did RATE P50 P99 CPU` says
//! what they did.

use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::load::{Flavour, Keys, Load};
use crate::rounds::{CLIENT, P50, P99, RATE};
use crate::ways::{lockwork, sqlite};

pub(crate) fn run(kind: &str, file: &str) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let way = match kind {
        "transactions" => sqlite::transactions(Path::new(file))?,
        "lockwork" => lockwork::run(&runtime.block_on(lockwork::worker(&format!("sqlite:{file}")))?),
        _ => bail!("there is no way {kind:?} to do jobs"),
    };
    println!("ready");
    for order in std::io::stdin().lock().lines() {
        let order = order?;
        let words = order.strip_prefix("go ").and_then(|words| words.split_once(' '));
        let (callers, millis) = words.with_context(|| format!("there is no order {order:?}"))?;
        let span = Duration::from_millis(millis.parse()?);
        let load = Load { callers: callers.parse()?, keys: Keys::Fresh, span };
        let did = load.drive(&runtime, &way, || Duration::ZERO)?;
        let figures = [RATE, P50, P99, CLIENT].map(|metric| did.figure(metric).unwrap_or(f64::NAN).to_string());
        println!("did {}", figures.join(" "));
    }
    Ok(())
}
