//! A key with captures, and nothing said about how long it is kept.

use lockwork::{Error, global_once};

#[global_once(key = "report:{day}")]
async fn job(day: u32) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
