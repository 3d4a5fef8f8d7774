//! The record of a slot would be gone before the slot is over, says a constant.

use std::time::Duration;

use lockwork::{Error, global_once};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[global_once(key = "k", per = DAY, retain = "1h")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
