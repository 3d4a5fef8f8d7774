//! The key is a byte string.

use lockwork::{Error, global_once};

#[global_once(key = b"k")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
