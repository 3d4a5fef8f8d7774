//! Names with `r#` are the names that they are.

use lockwork::{Error, global_once};

#[global_once(r#key = "job", r#timeout_ms = 0)]
async fn job() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { job().await };
}
