//! An expression with seconds and a year.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 0 3 * * * 2026")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
