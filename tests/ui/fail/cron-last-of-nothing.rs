//! A last day of the week that is none.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 0 * * L")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
