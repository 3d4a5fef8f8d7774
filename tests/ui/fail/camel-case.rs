//! An argument in another language's case.

use lockwork::{Error, global_once};

#[global_once(key = "k", maxAttempts = 3)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
