//! A duration in words where a number belongs.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms = "5s")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
