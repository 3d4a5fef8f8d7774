//! No attempt at all.

use lockwork::{Error, global_once};

#[global_once(key = "k", max_attempts = 0)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
