//! A constant that is shorter than the timeout.

use std::time::Duration;

use lockwork::{Error, global_once};

const SHORT: Duration = Duration::from_secs(30);

#[global_once(key = "k", timeout = "1min", retain = SHORT)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
