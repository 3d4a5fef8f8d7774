//! More attempts than fit.

use lockwork::{Error, global_once};

#[global_once(key = "k", max_attempts = 5_000_000_000)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
