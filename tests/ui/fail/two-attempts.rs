//! Two parameters for one attempt.

use lockwork::{Attempt, Error, global_once};

#[global_once(key = "k")]
async fn job(#[attempt] one: &Attempt, #[attempt] two: &Attempt) -> Result<u32, Error> {
    Ok(one.number() + two.number())
}

fn main() {
    let _ = async { job().await };
}
