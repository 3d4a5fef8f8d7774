//! A zone that is not there yet when the attribute reads it.

use lockwork::{Error, global_once};

const ZONE: &str = "UTC";

#[global_once(key = "k", cron = "0 3 * * *", tz = ZONE)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
