//! The attribute stands there twice.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
#[global_once(key = "l")]
async fn job() -> Result<(), Error> {
    Ok(())
}

fn main() {
    let _ = async { job().await };
}
