//! What happens to holders, and what the others get of it.

use lockwork_fleet::member::Member;

use crate::member;
use crate::scene::Scene;

/// A member that runs the body of `job`, and another one that is told to wait for it.
pub(crate) fn holder_and_waiter(scene: &Scene, way: &str, job: &str) -> (Member, Member) {
    let holder = member::start(scene, way, &[job]);
    holder.hears("begun 1 ");
    let waiter = member::start(scene, "current-thread", &[job]);
    waiter.hears("busy 1");
    (holder, waiter)
}

pub(crate) fn all_members_get_the_one_answer(scene: &Scene) {
    let mut holder = member::start(scene, "multi-thread", &["once"]);
    let fence = holder.hears("begun 1 ");
    let waiters: Vec<_> = (0..3).map(|_| member::start(scene, "current-thread", &["once"])).collect();
    for waiter in &waiters {
        waiter.hears("busy 1");
    }
    holder.order("finish");
    assert_eq!(holder.hears("got "), fence);
    for waiter in waiters {
        assert_eq!(waiter.hears("got "), fence);
        waiter.ends_well();
    }
    let late = member::start(scene, "current-thread", &["once"]);
    assert_eq!(late.hears("got "), fence);
}

pub(crate) fn a_killed_holder_is_followed(scene: &Scene) {
    let (holder, mut waiter) = holder_and_waiter(scene, "current-thread", "brief");
    holder.kill();
    let fence = waiter.hears("begun 2 ");
    waiter.order("finish");
    assert_eq!(waiter.hears("got "), fence);
}

pub(crate) fn a_stopped_holder_does_not_run_on(scene: &Scene) {
    let (mut holder, mut waiter) = holder_and_waiter(scene, "current-thread", "brief");
    holder.order("stop");
    let fence = waiter.hears("begun 2 ");
    holder.go_on();
    // The poll that it was stopped in ends, and there is no other. Meanwhile lockwork's thread goes on too.
    let mut said = [holder.hears(""), holder.hears(""), holder.hears("")];
    said.sort();
    assert_eq!(said, ["busy 2", "lost 1", "woke"]);
    waiter.order("finish");
    assert_eq!(waiter.hears("got "), fence);
    assert_eq!(holder.hears("got "), fence);
    holder.ends_well();
}

pub(crate) fn a_body_that_blocks_its_runtime_is_not_run_twice(scene: &Scene) {
    let (mut holder, waiter) = holder_and_waiter(scene, "current-thread", "brief");
    // Three leases.
    holder.order("block 1500");
    holder.hears("ran on");
    holder.order("finish");
    let fence = holder.hears("got ");
    assert_eq!(waiter.hears("got "), fence);
}

pub(crate) fn a_failed_holder_stays_in_line(scene: &Scene) {
    let (mut holder, mut waiter) = holder_and_waiter(scene, "current-thread", "brief");
    holder.order("fail no luck");
    // Whoever is faster has the second attempt, and the other one may find it over already.
    let (second, other) = match holder.hears("").as_str() {
        "busy 2" => {
            waiter.hears("begun 2 ");
            (&mut waiter, &holder)
        }
        _ => (&mut holder, &waiter),
    };
    second.order("finish");
    let fence = second.hears("got ");
    let answer = Some(other.hears("")).filter(|said| said != "busy 2").unwrap_or_else(|| other.hears(""));
    assert_eq!(answer, format!("got {fence}"));
}

pub(crate) fn a_call_dropped_by_select_is_handed_back_at_once(scene: &Scene) {
    assert_handed_back(scene, "select");
}

pub(crate) fn a_call_dropped_with_its_task_is_handed_back_at_once(scene: &Scene) {
    assert_handed_back(scene, "abort");
}

/// The lease is longer than a test's patience, so what is not handed back fails here. The holder lives on.
fn assert_handed_back(scene: &Scene, way: &str) {
    let (mut holder, mut waiter) = holder_and_waiter(scene, way, "once");
    holder.order("drop");
    holder.hears("dropped");
    let fence = waiter.hears("begun 1 ");
    waiter.order("finish");
    assert_eq!(waiter.hears("got "), fence);
}
