//! Both spellings of one thing, of which the first is no duration either.

use lockwork::{Error, global_once};

#[global_once(key = "job", wait = "a while", wait_ms = 500)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
