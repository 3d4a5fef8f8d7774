//! A comma with nothing behind it.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0,30, * * * *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
