//! The error type cannot be shown.

use lockwork::global_once;

struct MyError;

impl From<lockwork::Error> for MyError {
    fn from(_: lockwork::Error) -> Self {
        Self
    }
}

#[global_once(key = "k")]
async fn job() -> Result<u8, MyError> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
