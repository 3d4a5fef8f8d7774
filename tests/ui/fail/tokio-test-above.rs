//! `#[tokio::test]` has already run.

use lockwork::global_once;

#[tokio::test]
#[global_once(key = "k")]
async fn job() -> Result<(), lockwork::Error> {
    Ok(())
}

fn main() {}
