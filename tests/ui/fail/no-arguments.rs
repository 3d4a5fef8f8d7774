//! There are no arguments at all.

use lockwork::{Error, global_once};

#[global_once()]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
