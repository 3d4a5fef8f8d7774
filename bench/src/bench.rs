//! A run: its settings, what it has seen so far, and where that is written. Knows no case.

use std::fmt::Display;
use std::time::Duration;

use crate::cores::Cores;
use crate::rounds::{Metric, Series};
use crate::spread::Spread;
use crate::table::Table;
use crate::target::{self, Target};

/// How thorough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What is committed.
    Full,
    /// Two minutes, to see whether all works and nothing has become much worse.
    Quick,
}

/// What is done with the instruction counts that are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counts {
    /// They are compared with the committed ones.
    Compare,
    /// They replace the committed ones.
    Write,
}

/// What all cases are given.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) depth: Depth,
    pub(crate) cores: Cores,
    pub(crate) counts: Counts,
    seen: Vec<(Target, Spread)>,
    written: String,
}

impl Bench {
    pub(crate) fn new(depth: Depth, cores: Cores, counts: Counts) -> Self {
        Self { depth, cores, counts, seen: Vec::new(), written: String::new() }
    }

    /// One or the other, by how thorough the run is.
    pub(crate) fn pick<T>(&self, full: T, quick: T) -> T {
        match self.depth {
            Depth::Full => full,
            Depth::Quick => quick,
        }
    }

    /// How many rounds count: many short ones, as a machine that others use too is slow for seconds at a time.
    pub(crate) fn rounds(&self) -> usize {
        self.pick(21, 3)
    }

    /// For how long one contestant is measured in one round.
    pub(crate) fn span(&self) -> Duration {
        self.pick(Duration::from_millis(240), Duration::from_millis(80))
    }

    /// Prints a paragraph or a table, and keeps it.
    pub(crate) fn say(&mut self, what: impl Display) {
        let what = what.to_string();
        println!("{what}");
        self.written.push_str(what.trim_end());
        self.written.push_str("\n\n");
    }

    /// Prints and keeps a table.
    pub(crate) fn show(&mut self, table: &Table) {
        self.say(table);
    }

    /// Notes what was seen of a target, if anything was. Where it is measured in two ways, the first one counts.
    pub(crate) fn note(&mut self, target: Target, seen: Option<Spread>) {
        self.seen.extend(seen.map(|seen| (target, seen)));
    }

    /// Notes how one contestant's figure compares with another's in the same round.
    pub(crate) fn note_ratio(&mut self, target: Target, series: &Series, of: &str, to: &str, by: Metric) {
        self.note(target, series.ratios(of, to, by));
    }

    /// Prints and keeps the targets, and gives all that was printed.
    pub(crate) fn finish(mut self) -> String {
        let table = target::table(&self.seen);
        self.show(&table);
        self.written
    }
}
