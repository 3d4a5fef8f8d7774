//! A duration that is none.

use lockwork::{Error, global_once};

#[global_once(key = "k", wait = "a while")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
