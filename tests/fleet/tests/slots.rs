//! What becomes of the slots of a schedule that several members have.

use std::process::Command;
use std::thread;
use std::time::Duration;

use lockwork::{State, slot_of};

use crate::member;
use crate::scene::Scene;

/// How often the records are looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Waits until so many slots are done.
fn until_done(scene: &Scene, slots: usize) {
    let is_done = |record: &lockwork::Record| matches!(record.state, State::Done { .. });
    while scene.records().iter().filter(|(_, record)| is_done(record)).count() < slots {
        thread::sleep(BETWEEN_LOOKS);
    }
}

pub(crate) fn no_slot_is_missed_when_a_member_is_killed(scene: &Scene) {
    let notes = scene.directory.path().join("notes");
    let notes = notes.to_str().expect("temporary paths are Unicode");
    let mut members: Vec<_> = (0..3).map(|_| member::start(scene, "slots", &[notes, "500", "1"])).collect();
    until_done(scene, 2);
    members.remove(0).kill();
    until_done(scene, 6);
    drop(members);
    let slots: Vec<_> = scene.records().iter().filter_map(|(key, _)| slot_of(key)).collect();
    for pair in slots.windows(2) {
        assert_eq!(pair[1], pair[0] + Duration::from_secs(1), "a slot is missed: {slots:?}");
    }
}

/// Some slots of one schedule, done by processes of which one's clock is an hour late and one's an hour early.
fn assert_that_wrong_clocks_do_each_slot_once(args: &[&str]) {
    let out = Command::new(env!("CARGO_BIN_EXE_slots")).args(args).output().expect("it was built with the tests");
    let [said, complaint] = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(out.status.success(), "{}: {said}{complaint}", out.status);
}

#[test]
fn processes_with_wrong_clocks_do_each_slot_once_on_redis() {
    assert_that_wrong_clocks_do_each_slot_once(&["--store", "redis", "--slots", "12"]);
}

#[test]
fn processes_with_wrong_clocks_do_each_slot_once_on_sqlite() {
    assert_that_wrong_clocks_do_each_slot_once(&["--store", "sqlite", "--slots", "12"]);
}

#[test]
fn processes_with_wrong_clocks_that_are_killed_do_each_slot_once_on_redis() {
    assert_that_wrong_clocks_do_each_slot_once(&["--store", "redis", "--slots", "12", "--kill-every", "3"]);
}

#[test]
fn processes_with_wrong_clocks_that_are_killed_do_each_slot_once_on_sqlite() {
    assert_that_wrong_clocks_do_each_slot_once(&["--store", "sqlite", "--slots", "12", "--kill-every", "3"]);
}
