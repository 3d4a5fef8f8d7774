//! A constant that is too short.

use lockwork::{Error, global_once};

const LEASE_MS: u64 = 50;

#[global_once(key = "k", timeout_ms = LEASE_MS)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
