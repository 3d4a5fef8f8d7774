//! Every kind of function that the attribute takes, compiled and run: it fails once, then succeeds.
//!
//! Nothing in here may warn, and the crates in `tests/editions` compile the same files in the older editions.

#![deny(warnings, clippy::pedantic)]
#![forbid(unsafe_code)]

mod arguments;
mod arms;
mod futures;
mod generics;
mod instrumented;
mod macros;
mod methods;
mod names;
mod no_prelude;
mod patterns;
mod references;
mod slots;
mod traits;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use lockwork::Worker;

/// The worker of all tests: in memory, so that nothing is left behind.
pub(crate) async fn worker() -> &'static Worker {
    static WORKER: tokio::sync::OnceCell<Worker> = tokio::sync::OnceCell::const_new();
    WORKER.get_or_init(|| async { Worker::connect("memory:").await.expect("memory is always there") }).await
}

/// How often the body of that name has been begun, this time counted.
pub(crate) fn begun(name: &str) -> u32 {
    static BEGUN: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);
    let mut begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = begun.get_or_insert_with(HashMap::new).entry(name.to_owned()).or_default();
    *count += 1;
    *count
}

/// The first call with a name fails, every other succeeds.
pub(crate) fn fail_once(name: &str) -> anyhow::Result<()> {
    anyhow::ensure!(begun(name) != 1, "the first attempt at {name} fails");
    Ok(())
}

#[tokio::test]
async fn nothing_of_the_prelude_is_needed() {
    assert_eq!(no_prelude::without(1, String::new(), (1, 2)).await.unwrap(), "1  3");
}
