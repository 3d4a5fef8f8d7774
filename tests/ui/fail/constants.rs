//! Two constants that cannot be.

use std::time::Duration;

use lockwork::{Error, global_once};

const LEASE_MS: u64 = 50;
const RUN: Duration = Duration::ZERO;

#[global_once(key = "k", timeout_ms = LEASE_MS, max_run = RUN, retain = "1h")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
