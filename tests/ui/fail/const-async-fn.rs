//! The function is const and async.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
const async fn job() -> Result<(), Error> {
    Ok(())
}

fn main() {
    let _ = async { job().await };
}
