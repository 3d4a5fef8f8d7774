//! The cases, by name. A case starts what it needs, measures, and ends it again.

mod commands;
mod crowd;
mod embedded;
mod growth;
mod instructions;
mod job;
mod languages;
mod memory;
mod profile;
mod settled;
mod storm;
mod takeover;
mod waiters;

use crate::bench::Bench;

/// What is measured side by side.
pub(crate) struct Case {
    /// By which words on the command line choose it.
    pub(crate) name: &'static str,
    pub(crate) measure: fn(&mut Bench) -> anyhow::Result<()>,
}

/// All of them, in the order in which they are run.
pub(crate) const ALL: &[Case] = &[
    Case { name: "job-redis-sequential", measure: job::sequential },
    Case { name: "job-redis-link", measure: job::link },
    Case { name: "job-redis-callers", measure: job::callers },
    Case { name: "job-redis-two-workers", measure: job::two_workers },
    Case { name: "commands", measure: commands::measure },
    Case { name: "done-redis", measure: settled::done },
    Case { name: "busy-redis", measure: settled::busy },
    Case { name: "job-sqlite", measure: embedded::sqlite_jobs },
    Case { name: "done-sqlite", measure: embedded::sqlite_done },
    Case { name: "busy-sqlite", measure: embedded::sqlite_busy },
    Case { name: "job-memory", measure: embedded::memory_jobs },
    Case { name: "done-memory", measure: embedded::memory_done },
    Case { name: "busy-memory", measure: embedded::memory_busy },
    Case { name: "languages", measure: languages::measure },
    Case { name: "hand-over", measure: waiters::hand_over },
    Case { name: "takeover", measure: takeover::measure },
    Case { name: "hold", measure: waiters::hold },
    Case { name: "memory-of-records", measure: memory::measure },
    Case { name: "storm", measure: storm::measure },
    Case { name: "growth-redis", measure: growth::redis },
    Case { name: "growth-sqlite", measure: growth::sqlite },
    Case { name: "growth-values", measure: growth::values },
    Case { name: "growth-waiters", measure: crowd::measure },
    Case { name: "profile", measure: profile::measure },
    Case { name: "instructions", measure: instructions::measure },
];
