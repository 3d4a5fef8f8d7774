//! A zone in small letters.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 3 * * *", tz = "europe/berlin")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
