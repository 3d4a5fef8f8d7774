//! A period that is an argument of the function.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = period)]
async fn job(period: u64) -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job(1).await };
}
