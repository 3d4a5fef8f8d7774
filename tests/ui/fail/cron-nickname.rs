//! An expression by a name.

use lockwork::{Error, global_once};

#[global_once(key = "k", cron = "@daily")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
