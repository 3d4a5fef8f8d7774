//! The timeout is zero, in words.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout = "0s")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
