//! The worker is none.

use lockwork::{Error, global_once};

#[global_once(key = "k", worker = "redis://")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
