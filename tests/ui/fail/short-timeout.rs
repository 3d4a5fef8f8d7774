//! The timeout is below 100 ms.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms = 99)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
