//! The error type is a string.

use lockwork::global_once;

#[global_once(key = "k")]
async fn job() -> Result<u8, String> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
