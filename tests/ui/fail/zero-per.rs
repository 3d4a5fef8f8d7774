//! A period of nothing.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "0s")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
