//! The timeout is zero; what is kept is not compared with the default instead.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms = 0, retain = "1s")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
