//! A key that is computed, and nothing said about how long it is kept.

use lockwork::{Error, global_once};

#[global_once(key = format!("report:{}", day + 1))]
async fn job(day: u32) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
