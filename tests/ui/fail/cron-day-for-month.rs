//! A day of the week where a month belongs.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 3 * mon *")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
