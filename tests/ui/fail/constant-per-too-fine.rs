//! A constant period that is no whole number of milliseconds.

use std::time::Duration;

use lockwork::{Error, global_once};

const PERIOD: Duration = Duration::from_nanos(1);

#[global_once(key = "k", per = PERIOD)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
