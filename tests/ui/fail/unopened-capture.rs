//! A brace is not opened.

use lockwork::{Error, global_once};

#[global_once(key = "report:day}", retain = "1h")]
async fn job(day: u32) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
