//! The record would be forgotten during an attempt.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout = "10s", retain = "5s")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
