//! The attempt's parameter has another type.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job(#[attempt] attempt: &u32) -> Result<u32, Error> {
    Ok(*attempt)
}

fn main() {
    let _ = async { job().await };
}
