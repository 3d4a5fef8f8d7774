//! A constant period of more than a year.

use std::time::Duration;

use lockwork::{Error, global_once};

const PERIOD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

#[global_once(key = "k", per = PERIOD)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
