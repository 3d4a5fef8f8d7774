//! `#[tokio::test]` has already run.

use lockwork::{Error, global_once};

#[tokio::test]
#[global_once(key = "k")]
async fn job() -> Result<(), Error> {
    Ok(())
}

fn main() {}
