//! The hour before the minute.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "3 30 * * *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
