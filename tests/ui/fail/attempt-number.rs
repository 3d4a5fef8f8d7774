//! The attempt's parameter is a number.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job(#[attempt] number: u32) -> Result<u32, Error> {
    Ok(number)
}

fn main() {
    let _ = async { job().await };
}
