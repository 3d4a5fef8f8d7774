//! Many mistakes in one expression.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "60 24 0 13 8")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
