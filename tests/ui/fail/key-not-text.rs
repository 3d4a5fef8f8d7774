//! The key is an expression that gives no text.

use lockwork::{Error, global_once};

#[global_once(key = day + 1, retain = "1h")]
async fn job(day: u32) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
