//! A constant period of nothing.

use lockwork::{Error, global_once};

const PERIOD_MS: u64 = 0;

#[global_once(key = "k", per_ms = PERIOD_MS)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
