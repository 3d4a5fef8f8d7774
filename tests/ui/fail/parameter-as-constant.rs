//! A parameter where a constant belongs.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms = lease)]
async fn job(lease: u64) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
