//! A period without its unit.

use lockwork::{Error, global_once};

#[global_once(key = "k", per = 600)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
