//! Arguments as other schedulers have them.

use lockwork::{Error, global_once};

#[global_once(key = "k", schedule = "0 3 * * *", timezone = "Europe/Berlin")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
