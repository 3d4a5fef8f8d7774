//! A range that runs over midnight.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 22-2 * * *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
