//! What becomes of the slots of a schedule that several members have.

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
