//! A colon instead of `=`.

use lockwork::{Error, global_once};

#[global_once(key: "nightly-report")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
