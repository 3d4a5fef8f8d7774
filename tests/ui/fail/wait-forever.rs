//! A wait that is for ever, which it is anyway.

use lockwork::{Error, global_once};

#[global_once(key = "k", wait = "forever")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
