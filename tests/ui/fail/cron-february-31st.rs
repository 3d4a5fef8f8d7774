//! A date that never comes.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 0 31 2 *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
