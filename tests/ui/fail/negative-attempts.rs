//! A negative number of attempts.

use lockwork::{Error, global_once};

#[global_once(key = "k", max_attempts = -1)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
