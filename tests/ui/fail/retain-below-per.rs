//! The record of a slot would be gone before the slot is over.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "1d", retain = "1h")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
