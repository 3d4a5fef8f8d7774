//! A process that ends right after its last attempt has failed, and what the others learn of it: the error, at once.
//!
//! The lease is longer than a test's patience, so nobody learns anything from its end.

use crate::holders::holder_and_waiter;
use crate::scene::Scene;

fn assert_told(scene: &Scene, way: &str) {
    let (mut holder, waiter) = holder_and_waiter(scene, way, "once");
    holder.order("fail the disk is full");
    let (status, complaint) = holder.ends();
    assert!(!status.success() && status.code().is_some(), "{status}: {complaint}");
    let told = waiter.hears("told Exhausted ");
    assert!(told.contains("the disk is full"), "{told}");
}

pub(crate) fn the_error_of_a_current_thread_main_is_told(scene: &Scene) {
    assert_told(scene, "current-thread");
}

pub(crate) fn the_error_of_a_multi_thread_main_is_told(scene: &Scene) {
    assert_told(scene, "multi-thread");
}

pub(crate) fn the_error_of_a_spawned_call_is_told(scene: &Scene) {
    assert_told(scene, "spawned");
}

pub(crate) fn the_error_before_an_exit_is_told(scene: &Scene) {
    assert_told(scene, "exit");
}

pub(crate) fn the_error_before_a_panic_is_told(scene: &Scene) {
    assert_told(scene, "panic");
}

/// Ended by another thread, the one that ran the body has no time to wait for its record. The others learn at the end of
/// the lease, which is short here, that nobody is left.
pub(crate) fn an_exit_elsewhere_is_told_by_the_end_of_the_lease(scene: &Scene) {
    let (mut holder, waiter) = holder_and_waiter(scene, "exit-elsewhere", "brief-once");
    holder.order("fail the disk is full");
    holder.ends();
    waiter.hears("told Exhausted ");
}
