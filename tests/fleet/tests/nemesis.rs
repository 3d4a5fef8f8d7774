//! A short run of the nemesis on each store: everything goes wrong at once, and the promise holds.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What is to happen. Another one is tried with the environment variable.
const SEED: &str = "5";
const SEED_VARIABLE: &str = "LOCKWORK_FLEET_SEED";

/// How many jobs there are at least. It takes longer than they do until there was a fault of every kind.
const JOBS: &str = "1000";

/// After so many seconds a run is killed, with all of its processes. Only one that hangs takes that long.
const LONGEST: &str = "900";

/// How `timeout` ends when it has killed.
const KILLED: i32 = 124;

/// Each run has the machine for itself, as far as these two are concerned.
static MACHINE: Mutex<()> = Mutex::new(());

fn assert_that_a_fleet_keeps_the_promise(store: &str) {
    let _machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = std::env::var(SEED_VARIABLE).unwrap_or_else(|_| SEED.to_owned());
    let mut nemesis = Command::new("timeout");
    nemesis.args(["--kill-after=60", LONGEST, env!("CARGO_BIN_EXE_nemesis")]);
    // Tests run where nobody knows what else does, so nothing is judged that a busy machine breaks by itself.
    nemesis.args(["--store", store, "--jobs", JOBS, "--seed", &seed, "--lenient"]);
    let out = nemesis.output().expect("there is a `timeout`");
    let [said, complaint] = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    println!("{said}");
    let is_in_time = out.status.code() != Some(KILLED);
    assert!(is_in_time, "with seed {seed} it did not end within {LONGEST} s and was killed: {complaint}");
    assert!(out.status.success(), "with seed {seed}, {}: {complaint}", out.status);
}

#[test]
fn a_fleet_under_faults_does_every_job_once_on_redis() {
    assert_that_a_fleet_keeps_the_promise("redis");
}

#[test]
fn a_fleet_under_faults_does_every_job_once_on_sqlite() {
    assert_that_a_fleet_keeps_the_promise("sqlite");
}
