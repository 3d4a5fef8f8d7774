//! The key is misspelt, and not missing too.

use lockwork::{Error, global_once};

#[global_once(kee = "k")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
