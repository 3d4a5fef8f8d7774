//! A value that cannot travel and an error that cannot hold, each on a line of its own.

use std::time::Instant;

use lockwork::global_once;

#[global_once(key = "k")]
async fn job() -> Result<
    // How long it took.
    Vec<Instant>,
    // Why it did not.
    String,
> {
    Ok(Vec::new())
}

fn main() {
    let _ = async { job().await };
}
