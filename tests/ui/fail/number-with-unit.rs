//! A number with a unit.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout = 5s)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
