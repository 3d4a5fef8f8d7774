//! The measurements, with few samples: that they measure, and what does not depend on how fast this machine is.

use std::process::Command;

fn figures(args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_figures")).args(args).output().expect("it was built with the tests");
    let [said, complaint] = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(out.status.success(), "{}: {said}{complaint}", out.status);
    said
}

#[test]
fn who_is_woken_claims_without_a_reading_and_nobody_polls() {
    let said = figures(&["wake", "--store", "redis", "--samples", "5"]);
    assert!(said.contains("the server was asked for 2 swaps and 0 reads (p50 of 5 samples)"), "{said}");
}

#[test]
fn takeovers_and_wake_ups_are_measured_on_every_store() {
    for store in ["redis", "sqlite"] {
        for what in ["wake", "takeover"] {
            let said = figures(&[what, "--store", store, "--samples", "2"]);
            assert!(said.contains("(2 samples)") && said.contains("p50"), "{said}");
        }
    }
}
