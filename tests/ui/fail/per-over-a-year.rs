//! A period of more than a year.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = "2years")]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
