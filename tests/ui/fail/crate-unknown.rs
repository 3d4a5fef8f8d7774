//! The facade's path leads nowhere.

use lockwork::{Error, global_once};

#[global_once(key = "k", crate = ::nowhere)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
