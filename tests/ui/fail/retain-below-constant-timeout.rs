//! The record would be forgotten during an attempt, whose length is a constant.

use lockwork::{Error, global_once};

const LEASE_MS: u64 = 60_000;

#[global_once(key = "k", timeout_ms = LEASE_MS, retain = "5s")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
