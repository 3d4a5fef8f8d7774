//! A duration of over 100 years.

use lockwork::{Error, global_once};

#[global_once(key = "k", retain_ms = 18446744073709551615)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
