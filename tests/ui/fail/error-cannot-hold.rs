//! The error type cannot hold a lockwork error.

use lockwork::global_once;

#[derive(Debug)]
struct MyError;

#[global_once(key = "k")]
async fn job() -> Result<u8, MyError> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
