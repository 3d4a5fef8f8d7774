//! A zone with a slip that makes it the city of another.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 3 * * *", tz = "US/Easter")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
