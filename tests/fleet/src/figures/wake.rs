//! How long it takes until a failed attempt is followed in another process. Knows how a store counts what it is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use lockwork_fleet::member::Member;

use crate::round_trip;
use crate::sample::{self, Store, moment};
use crate::share::Shares;

/// Nobody gives a sign of life in between, and nobody is taken for dead.
const LEASE: Duration = Duration::from_secs(600);

pub(crate) fn measure(store: &Store, samples: usize) -> anyhow::Result<()> {
    let (mut failing, mut waiting) = (store.member(LEASE)?, store.member(LEASE)?);
    if let Store::Sqlite(directory) = store {
        round_trip::grow_log(&directory.path().join(sample::FILE))?;
    }
    // After this one the server knows the scripts.
    sample(store, &mut failing, &mut waiting, "first")?;
    let (mut taken, mut asked) = (Vec::new(), Vec::<BTreeMap<String, u64>>::new());
    for number in 0..samples {
        let (micros, calls) = sample(store, &mut failing, &mut waiting, &number.to_string())?;
        taken.push(micros);
        asked.push(calls.into_iter().collect());
    }
    let taken = Shares::new(taken);
    println!("wake-up after a failed attempt without backoff, in µs: {taken}");
    for (name, pause) in [("after idleness", round_trip::IDLE), ("back to back", Duration::ZERO)] {
        let round_trip = round_trip::measure(store, pause)?;
        let share = taken.percentile(50) / round_trip.percentile(50);
        println!("  a round trip {name}, in µs: {round_trip}; a wake-up is {share:.2} of these (p50)");
    }
    if let Store::Redis(..) = store {
        // A read asks for a record and its time, in one go; a swap is a script.
        let middle = |command: &str| {
            let counts = asked.iter().map(|calls| calls.get(command).copied().unwrap_or(0) as f64);
            Shares::new(counts.collect()).percentile(50)
        };
        let (swaps, reads) = (middle("evalsha"), middle("pttl"));
        println!("  the server was asked for {swaps} swaps and {reads} reads (p50 of {samples} samples)");
    }
    Ok(())
}

/// How many microseconds it took, and what a server was asked for in that time.
fn sample(
    store: &Store,
    failing: &mut Member,
    waiting: &mut Member,
    name: &str,
) -> anyhow::Result<(f64, Vec<(String, u64)>)> {
    let call = format!("call wake-{name}");
    failing.order(&call);
    failing.hears("begun 1 ");
    waiting.order(&call);
    waiting.hears("busy ");
    if let Store::Redis(server, _) = store {
        server.reset_calls();
    }
    failing.order("fail");
    let failed = moment(&failing.hears("failed "))?;
    let begun = moment(&waiting.hears("begun 2 "))?;
    let calls = match store {
        Store::Redis(server, _) => server.calls(),
        Store::Sqlite(_) => Vec::new(),
    };
    waiting.order("finish");
    waiting.hears("returned ");
    Ok((begun.saturating_sub(failed) as f64, calls))
}
