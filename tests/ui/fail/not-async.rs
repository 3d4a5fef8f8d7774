//! The function is not async; its callers await it all the same.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
fn job() -> Result<(), Error> {
    Ok(())
}

fn main() {
    let _ = async { job().await };
}
