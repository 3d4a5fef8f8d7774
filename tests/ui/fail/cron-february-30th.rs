//! Another date that never comes.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 0 30 feb *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
