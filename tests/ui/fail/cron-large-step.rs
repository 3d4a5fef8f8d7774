//! A step that never comes to a second minute.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "*/90 * * * *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
