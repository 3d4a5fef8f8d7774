//! A day of the week with a slip.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "0 3 * * mno")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
