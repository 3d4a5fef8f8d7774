//! The attempt is taken by value.

use lockwork::{Attempt, Error, global_once};

#[global_once(key = "k")]
async fn job(#[attempt] attempt: Attempt) -> Result<u32, Error> {
    Ok(attempt.number())
}

fn main() {
    let _ = async { job().await };
}
