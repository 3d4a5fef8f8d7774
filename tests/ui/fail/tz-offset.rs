//! An offset for a zone.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 3 * * *", tz = "+02:00")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
