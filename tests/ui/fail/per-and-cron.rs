//! Two rules for the slots.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "1d", cron = "0 3 * * *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
