//! The key is a number.

use lockwork::{Error, global_once};

#[global_once(key = 5)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
