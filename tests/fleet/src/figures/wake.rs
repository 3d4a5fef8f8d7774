//! How long it takes until a failed attempt is followed in another process. Knows how a store counts what it is asked.

use std::time::Duration;

use crate::round_trip;
use crate::sample::{Store, moment};
use crate::share::Shares;

/// Nobody gives a sign of life in between, and nobody is taken for dead.
const LEASE: Duration = Duration::from_secs(600);

pub(crate) fn measure(store: &Store, samples: usize) -> anyhow::Result<()> {
    let (mut failing, mut waiting) = (store.member(LEASE)?, store.member(LEASE)?);
    let (mut taken, mut reads) = (Vec::new(), 0);
    for number in 0..samples {
        let call = format!("call wake-{number}");
        failing.order(&call);
        failing.hears("begun 1 ");
        waiting.order(&call);
        waiting.hears("busy ");
        if let Store::Redis(server) = store {
            server.reset_calls();
        }
        failing.order("fail");
        let failed = moment(&failing.hears("failing "))?;
        let begun = moment(&waiting.hears("begun 2 "))?;
        taken.push(begun.saturating_sub(failed) as f64);
        if let Store::Redis(server) = store {
            // A read is the only thing that asks for this; a swap is not.
            reads += server.calls().iter().find(|(command, _)| command == "pttl").map_or(0, |(_, count)| *count);
        }
        waiting.order("finish");
        waiting.hears("returned ");
    }
    let round_trip = round_trip::measure(store)?;
    let taken = Shares::new(taken);
    println!("wake-up after a failed attempt without backoff");
    println!("  a round trip:   {round_trip} µs");
    println!("  in µs:          {taken}");
    println!("  in round trips: p50 {:.2}", taken.percentile(50) / round_trip.percentile(50));
    if let Store::Redis(_) = store {
        println!("  reads from the failure to the next attempt: {reads} in {samples} samples");
    }
    Ok(())
}
