//! A duration that says nothing.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout = "")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
