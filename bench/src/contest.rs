//! Contestants who do jobs by the callers of a load, each on its server. Knows no kind of server.

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::load::{Keys, Load, Way};
use crate::rounds::{Contestant, Series, take_turns};

/// Where jobs are kept.
pub(crate) trait Server {
    /// Forgets all jobs.
    fn empty(&self, runtime: &Runtime) -> anyhow::Result<()>;

    /// The processor time that it has had.
    fn processor_time(&self) -> Duration;
}

/// A way to do jobs, and where they are kept.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    pub(crate) server: &'a dyn Server,
}

/// Measures all of them with the same load.
pub(crate) fn compare(bench: &Bench, runtime: &Runtime, load: Load, entries: &[Entry<'_>]) -> anyhow::Result<Series> {
    take_turns(bench.rounds(), contestants(runtime, load, entries).collect())
}

/// All of them with the same load. What is to be done anew begins with an empty server.
pub(crate) fn contestants<'a>(
    runtime: &'a Runtime,
    load: Load,
    entries: &'a [Entry<'_>],
) -> impl Iterator<Item = Contestant<'a>> {
    entries.iter().map(move |entry| {
        Contestant::new(entry.name, move |_| {
            if let Keys::Fresh = load.keys {
                entry.server.empty(runtime)?;
            }
            load.drive(runtime, &entry.way, || entry.server.processor_time())
        })
    })
}
