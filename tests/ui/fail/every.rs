//! A period as other schedulers name it.

use lockwork::{Error, global_once};

#[global_once(key = "k", every = "10m")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
