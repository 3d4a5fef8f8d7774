//! A time zone for a period.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "1d", tz = "Europe/Berlin")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
