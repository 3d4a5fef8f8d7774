//! An attempt may not run at all.

use lockwork::{Error, global_once};

#[global_once(key = "k", max_run_ms = 0)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
