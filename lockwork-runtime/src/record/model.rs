//! Every interleaving of a few processes that crash, pause, leave and lose messages, over the shipped transitions.

use mutants::{MUTANTS, Row, Store};
use rules::Rules;
use search::{Stop, search};
use steps::Scene;
use turn::Invariant;
use world::Budget;

mod brief;
mod keeper;
mod mutants;
mod rules;
mod search;
mod steps;
mod turn;
mod world;

// Time is no number here: a deadline has passed or not, a span at the store is over or not, and a lease is over only
// after its holder's deadline. A pause of a process needs no step of its own, as no process ever has to make its next
// step. What a process does between two messages is one step. Each process has one caller, who may be woken at any
// time; watches, forgotten records and several callers of one keeper are the simulator's.

/// Nothing goes wrong. Each search below adds what may.
const LUCK: Budget = Budget { crashes: 0, losses: 0, copies: 0, leaves: 0, renewals: 0, cooldowns: 0, rollbacks: 0 };

/// That what the invariants forbid happens nowhere; and that there are as many states as before, so that a model which
/// sees less is seen.
#[track_caller]
fn check(processes: usize, budget: Budget, states: usize) {
    let scene = Scene { processes, budget, clock_moves: false };
    let found = search(&scene, &Rules::default(), Stop::AtAny);
    assert!(found.broken.is_empty(), "{found}");
    assert_eq!(found.states, states, "another number of states: the protocol has changed, or the model");
}

#[test]
fn two_processes_that_lose_messages_crash_leave_and_renew() {
    check(2, Budget { crashes: 1, losses: 2, leaves: 1, renewals: 1, ..LUCK }, 5_693_886);
}

#[test]
fn two_processes_that_crash_twice_and_begin_a_second_series() {
    check(2, Budget { crashes: 2, losses: 1, copies: 1, cooldowns: 1, ..LUCK }, 2_684_055);
}

#[test]
fn three_processes_that_lose_messages_and_crash() {
    check(3, Budget { crashes: 1, losses: 1, ..LUCK }, 3_767_215);
}

/// A failover to a replica that lags forgets a write that was acknowledged. No protocol over one such store keeps the
/// promise then. Still nobody takes another's attempt for its own, nothing is written over a completion that is there,
/// and everybody is answered. Fences may go back even if the new store's clock is ahead: a claim may have been under
/// way that was made before.
#[test]
fn a_store_that_loses_its_last_write() {
    let stands = [Invariant::Final, Invariant::Holder, Invariant::NotOneself, Invariant::Progress];
    for (clock_moves, states) in [(true, 376_187), (false, 224_498)] {
        let budget = Budget { renewals: 1, rollbacks: 1, ..LUCK };
        let found = search(&Scene { processes: 2, budget, clock_moves }, &Rules::default(), Stop::Never);
        for invariant in Invariant::ALL {
            assert_eq!(!found.broken.contains_key(&invariant), stands.contains(&invariant), "{invariant:?}, {found}");
        }
        assert_eq!(found.states, states, "another number of states: the protocol has changed, or the model");
    }
}

/// Run it with `--nocapture` for the table.
#[test]
fn every_rule_that_is_removed_is_missed() {
    println!("| what is done without the rule | store | breaks | after |");
    println!("|---|---|---|---|");
    for Row(mutant, without, invariant, store) in &MUTANTS {
        let rollbacks = u8::from(*store == Store::Lossy);
        let budget = Budget { crashes: 1, losses: 1, leaves: 1, renewals: 1, rollbacks, ..LUCK };
        let scene = Scene { processes: 2, budget, clock_moves: false };
        let found = search(&scene, &Rules::without(*mutant), Stop::At(*invariant));
        let Some(way) = found.broken.get(invariant) else {
            panic!("{mutant:?}: {invariant:?} is not broken when processes {without}; {found}")
        };
        println!("| {without} | {store:?} | {invariant:?} | {} steps |", way.len());
    }
}

/// An invariant that nothing breaks may be one that sees nothing.
#[test]
fn every_invariant_misses_some_rule() {
    for invariant in Invariant::ALL {
        assert!(MUTANTS.iter().any(|Row(_, _, breaks, _)| *breaks == invariant), "{invariant:?}");
    }
}
