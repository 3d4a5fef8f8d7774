//! `retain` is misspelt, and not missing too.

use lockwork::{Error, global_once};

#[global_once(key = "report:{day}", retian = "1h")]
async fn job(day: u32) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
