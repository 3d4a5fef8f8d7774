//! The value borrows from an argument.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job(name: &str) -> Result<&str, Error> {
    Ok(name)
}

fn main() {
    let _ = async { job("x").await.map(str::len) };
}
