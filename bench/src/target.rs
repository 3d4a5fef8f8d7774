//! What lockwork is to reach, and whether it did. Knows not how it is measured.

use crate::spread::{Spread, shown};
use crate::table::Table;

/// A figure to reach, of the median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wanted {
    AtMost(f64),
    AtLeast(f64),
}

/// One of the figures to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    /// What is measured, with its unit.
    pub(crate) what: &'static str,
    pub(crate) wanted: Wanted,
}

/// All of them, in the order in which they are shown.
pub(crate) const ALL: [Target; 24] = [
    LINK,
    LOOPBACK,
    PAIRS_64,
    ONCE_64,
    NPM_64,
    PAIRS_256,
    ONCE_256,
    NPM_256,
    DONE,
    DONE_ONCE,
    HAND_OVER,
    HAND_OVER_50,
    HOLD_50,
    HOLD_10000,
    TAKEOVER,
    MEMORY,
    ENGINE_P50,
    ENGINE_RATE,
    GROWTH_REDIS,
    GROWTH_REDIS_DONE,
    GROWTH_SQLITE,
    GROWTH_SQLITE_DONE,
    TRANSITIONS,
    CALL,
];

const fn at_most(what: &'static str, most: f64) -> Target {
    Target { what, wanted: Wanted::AtMost(most) }
}

const fn at_least(what: &'static str, least: f64) -> Target {
    Target { what, wanted: Wanted::AtLeast(least) }
}

pub(crate) const LINK: Target = at_most("a job over a link with latency, of two raw round trips", 1.05);
pub(crate) const LOOPBACK: Target = at_most("a job over loopback, of `SET NX` + `SET`", 1.35);
pub(crate) const PAIRS_64: Target = at_least("jobs/s at 64 callers, of `SET NX` + `SET` pairs/s", 0.65);
pub(crate) const ONCE_64: Target = at_least("jobs/s at 64 callers, of rslock's once", 1.5);
pub(crate) const NPM_64: Target = at_least("jobs/s at 64 callers, of npm redlock", 3.0);
pub(crate) const PAIRS_256: Target = at_least("jobs/s at 256 callers, of `SET NX` + `SET` pairs/s", 0.65);
pub(crate) const ONCE_256: Target = at_least("jobs/s at 256 callers, of rslock's once", 1.5);
pub(crate) const NPM_256: Target = at_least("jobs/s at 256 callers, of npm redlock", 3.0);
pub(crate) const DONE: Target = at_least("already done, of `GET`/s", 0.75);
pub(crate) const DONE_ONCE: Target = at_least("already done, of rslock's once", 3.0);
pub(crate) const HAND_OVER: Target = at_most("failed attempt to next attempt in another process, round trips p50", 4.0);
pub(crate) const HAND_OVER_50: Target = at_most("the same with 50 waiting processes, ms p50", 1.0);
pub(crate) const HOLD_50: Target =
    at_most("requests in a 5 s hold, for each of 50 waiting processes, less a read per lease", 3.0);
pub(crate) const HOLD_10000: Target =
    at_most("requests in a 5 s hold, for 10,000 waiters in one process, less a read per lease", 3.0);
pub(crate) const TAKEOVER: Target = at_most("takeover after SIGKILL, ms behind the lease, p50", 5.0);
pub(crate) const MEMORY: Target = at_most("memory of a completed record in Redis, bytes", 200.0);
pub(crate) const ENGINE_P50: Target = at_most("a call on the memory store, µs p50", 15.0);
pub(crate) const ENGINE_RATE: Target = at_least("jobs/s at 256 callers on the memory store", 300_000.0);
pub(crate) const GROWTH_REDIS: Target = at_most("a job on Redis with most records, of one with fewest", 1.05);
pub(crate) const GROWTH_REDIS_DONE: Target = at_most("already done on Redis with most records, of fewest", 1.05);
pub(crate) const GROWTH_SQLITE: Target = at_most("a job on SQLite with most records, of one with fewest", 1.05);
pub(crate) const GROWTH_SQLITE_DONE: Target = at_most("already done on SQLite with most records, of fewest", 1.05);
pub(crate) const TRANSITIONS: Target = at_most("instructions of a record's transitions, of the committed figure", 1.02);
pub(crate) const CALL: Target = at_most("instructions of a call on the memory store, of the committed figure", 1.05);

impl Target {
    fn is_reached(self, seen: f64) -> bool {
        match self.wanted {
            Wanted::AtMost(most) => seen <= most,
            Wanted::AtLeast(least) => seen >= least,
        }
    }
}

/// A row for each target: what was wanted, what `seen` says, and whether that is enough.
pub(crate) fn table(seen: &[(Target, Spread)]) -> Table {
    let mut table = Table::new("Figures to reach");
    table.head(["", "wanted", "seen", "from – to", "reached"]);
    for target in ALL {
        let wanted = match target.wanted {
            Wanted::AtMost(most) => format!("≤ {}", shown(most)),
            Wanted::AtLeast(least) => format!("≥ {}", shown(least)),
        };
        let mut row = vec![target.what.to_owned(), wanted];
        match seen.iter().find(|(known, _)| *known == target) {
            Some((_, seen)) => {
                let is_reached = target.is_reached(seen.median);
                row.push(shown(seen.median));
                row.push(format!("{} – {}", shown(seen.low), shown(seen.high)));
                row.push(if is_reached { "yes" } else { "**no**" }.to_owned());
            }
            None => row.extend(["not measured", "–", "–"].map(str::to_owned)),
        }
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_reached_by_what_is_at_it_and_beyond() {
        assert_eq!([1.0, 1.05, 1.06].map(|seen| LINK.is_reached(seen)), [true, true, false]);
        assert_eq!([0.64, 0.65, 0.9].map(|seen| PAIRS_64.is_reached(seen)), [false, true, true]);
    }

    #[test]
    fn no_target_is_there_twice() {
        for (place, target) in ALL.iter().enumerate() {
            assert!(ALL[..place].iter().all(|other| other.what != target.what), "{}", target.what);
        }
    }
}
