//! A generic value that may not travel.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job<T: Clone>(value: T) -> Result<T, Error> {
    Ok(value)
}

fn main() {}
