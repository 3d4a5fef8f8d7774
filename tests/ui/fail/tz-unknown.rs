//! A city without its continent.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 3 * * *", tz = "Berlin")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
