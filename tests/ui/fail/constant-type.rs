//! A constant of another type.

use lockwork::{Error, global_once};

const LEASE_MS: u32 = 5000;

#[global_once(key = "k", timeout_ms = LEASE_MS)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
