//! A period that never ends.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "forever")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
