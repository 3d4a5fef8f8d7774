//! A step without a range.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "5/15 * * * *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
