//! More milliseconds than fit.

use lockwork::{Error, global_once};

#[global_once(key = "k", timeout_ms = 18446744073709551616)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
