//! A time zone for nothing.

use lockwork::{Error, global_once};

#[global_once(key = "k", tz = "Europe/Berlin")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
