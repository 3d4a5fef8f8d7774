//! Members of a test's fleet.

use std::path::Path;

use lockwork_fleet::member::Member;

use crate::scene::Scene;

/// Starts a member that makes its call in this `way`.
pub(crate) fn start(scene: &Scene, way: &str, args: &[&str]) -> Member {
    start_at(&scene.url, &scene.namespace, None, way, args)
}

/// Starts one that may find `LOCKWORK_URL` in its environment.
pub(crate) fn start_at(url: &str, namespace: &str, variable: Option<&str>, way: &str, args: &[&str]) -> Member {
    let program = Path::new(env!("CARGO_BIN_EXE_member"));
    Member::start(program, &[&[url, namespace, way], args].concat(), variable)
}
