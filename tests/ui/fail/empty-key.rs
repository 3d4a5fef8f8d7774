//! The key is empty.

use lockwork::{Error, global_once};

#[global_once(key = "")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
