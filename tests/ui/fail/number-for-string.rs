//! A number where a duration in words belongs.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout = 5000)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
