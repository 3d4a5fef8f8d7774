//! A negative number for a key.

use lockwork::{Error, global_once};

#[global_once(key = -1)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
