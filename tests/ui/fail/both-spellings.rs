//! A duration is given in both spellings.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms = 5000, timeout = "5s")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
