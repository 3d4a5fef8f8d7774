//! The key has a line break in it.

use lockwork::{Error, global_once};

#[global_once(key = "nightly\nreport")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
