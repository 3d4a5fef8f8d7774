//! A period where an expression belongs.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "10m")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
