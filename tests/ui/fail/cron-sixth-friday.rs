//! A friday that no month has.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 0 * * fri#6")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
