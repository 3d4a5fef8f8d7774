//! The facade's path as a string.

use lockwork::{Error, global_once};

#[global_once(key = "k", crate = "my::lockwork")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
