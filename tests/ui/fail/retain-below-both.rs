//! A record that would neither outlast an attempt nor its slot: one number, one mistake.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "1h", retain_ms = 5)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
