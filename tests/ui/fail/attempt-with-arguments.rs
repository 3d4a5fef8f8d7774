//! The mark has arguments.

use lockwork::{Attempt, Error, global_once};

#[global_once(key = "k")]
async fn job(#[attempt(number)] attempt: &Attempt) -> Result<u32, Error> {
    Ok(attempt.number())
}

fn main() {
    let _ = async { job().await };
}
