//! A constant that allows no attempt.

use lockwork::{Error, global_once};

const ATTEMPTS: u32 = 0;

#[global_once(key = "k", max_attempts = ATTEMPTS)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
