//! A literal of another type than the argument has.

use lockwork::{Error, global_once};

#[global_once(key = "job", timeout_ms = 500u32)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
