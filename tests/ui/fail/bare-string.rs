//! The key has no name.

use lockwork::{Error, global_once};

#[global_once("nightly-report")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
