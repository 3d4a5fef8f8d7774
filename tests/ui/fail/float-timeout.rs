//! The timeout is no whole number.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms = 1.5)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
