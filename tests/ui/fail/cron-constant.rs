//! An expression that is not there yet when the attribute reads it.

use lockwork::{Error, global_once};

const NIGHTLY: &str = "0 3 * * *";

#[global_once(key = "k", cron = NIGHTLY)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
