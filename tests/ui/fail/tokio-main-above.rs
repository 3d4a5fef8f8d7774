//! `#[tokio::main]` has already run.

use lockwork::{Error, global_once};

#[tokio::main]
#[global_once(key = "k")]
async fn main() -> Result<(), Error> {
    Ok(())
}
