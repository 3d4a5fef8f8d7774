//! A period that is no whole number of milliseconds.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "1500us")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
