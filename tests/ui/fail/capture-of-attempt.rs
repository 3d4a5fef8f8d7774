//! The key captures the attempt.

use lockwork::{Error, global_once};

#[global_once(key = "report:{attempt}", retain = "1h")]
async fn job(#[attempt] attempt: &lockwork::Attempt) -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
