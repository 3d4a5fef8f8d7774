//! The record would be forgotten during an attempt of the default length.

use lockwork::{Error, global_once};

#[global_once(key = "k", retain_ms = 1000)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
