//! `forever` without quotes.

use lockwork::{Error, global_once};

#[global_once(key = "k", retain = forever)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
