//! A unit that is none.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout = "5 parsecs")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
