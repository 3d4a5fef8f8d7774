//! The value has no name.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job() -> Result<impl ToString, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
