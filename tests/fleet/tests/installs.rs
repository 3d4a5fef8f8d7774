//! The worker of a process: installed once, or opened by `LOCKWORK_URL` at first use, or missing.

use lockwork_fleet::member::Member;

use crate::member;
use crate::scene::Scene;

fn start(scene: &Scene, variable: Option<&str>, way: &str) -> Member {
    member::start_at(&scene.url, "unused", variable, way, &[])
}

#[test]
fn without_a_worker_both_remedies_are_told() {
    let member = start(&Scene::sqlite(), None, "uninstalled");
    let told = member.hears("told NoWorker ");
    assert!(told.contains("lockwork::install") && told.contains("LOCKWORK_URL"), "{told}");
}

#[test]
fn the_variable_is_opened_at_first_use() {
    let scene = Scene::sqlite();
    let mut first = start(&scene, Some(&scene.url), "uninstalled");
    let fence = first.hears("begun 1 ");
    first.order("finish");
    assert_eq!(first.hears("got "), fence);
    let second = start(&scene, Some(&scene.url), "uninstalled");
    assert_eq!(second.hears("got "), fence);
}

#[test]
fn a_bad_variable_is_told_by_the_call() {
    let member = start(&Scene::sqlite(), Some("mysql://localhost"), "uninstalled");
    let told = member.hears("told BadUrl ");
    assert!(told.contains("\"mysql\""), "{told}");
}

#[test]
fn a_second_worker_is_refused() {
    let scene = Scene::sqlite();
    let member = start(&scene, None, "install-twice");
    member.hears("told AlreadyInstalled ");
    member.ends_well();
}

#[test]
fn a_worker_after_that_of_the_variable_is_refused() {
    let scene = Scene::sqlite();
    let mut member = start(&scene, Some(&scene.url), "install-late");
    member.hears("begun 1 ");
    member.order("finish");
    member.hears("got ");
    member.hears("told AlreadyInstalled ");
}
