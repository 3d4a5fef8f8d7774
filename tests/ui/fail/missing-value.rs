//! An argument has no value.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms =)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
