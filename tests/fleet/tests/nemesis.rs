//! A short run of the nemesis on each store: everything goes wrong at once, and the promise holds.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What is to happen. Another one is tried with the environment variable.
const SEED: &str = "5";
const SEED_VARIABLE: &str = "LOCKWORK_FLEET_SEED";

/// How many jobs there are at least. It takes longer than they do until there was a fault of every kind.
const JOBS: &str = "1000";

/// After how many seconds a run hangs.
const BOUND: &str = "900";

/// One at a time, as each has as many processes as a machine can take.
static TURN: Mutex<()> = Mutex::new(());

fn assert_that_a_fleet_keeps_the_promise(store: &str) {
    let seed = std::env::var(SEED_VARIABLE).unwrap_or_else(|_| SEED.to_owned());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut nemesis = Command::new("timeout");
    nemesis.args([BOUND, env!("CARGO_BIN_EXE_nemesis"), "--store", store, "--jobs", JOBS, "--seed", &seed]);
    // Other tests run meanwhile.
    nemesis.args(["--timing", "lax"]);
    let out = nemesis.output().expect("there is a `timeout`");
    let [said, complaint] = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    println!("{said}");
    assert!(out.status.success(), "{}: {complaint}", out.status);
}

#[test]
fn a_fleet_under_faults_does_every_job_once_on_redis() {
    assert_that_a_fleet_keeps_the_promise("redis");
}

#[test]
fn a_fleet_under_faults_does_every_job_once_on_sqlite() {
    assert_that_a_fleet_keeps_the_promise("sqlite");
}
