//! One period in two spellings.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "1d", per_ms = 5)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
