//! An argument that is like no other.

use lockwork::{Error, global_once};

#[global_once(key = "k", ttl = 5000)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
