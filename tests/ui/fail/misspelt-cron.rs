//! An argument with a slip, and one that belongs to it.

use lockwork::{Error, global_once};

#[global_once(key = "k", crn = "0 3 * * *", tz = "UTC")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
