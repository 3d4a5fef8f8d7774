//! The key captures what is no parameter.

use lockwork::{Error, global_once};

#[global_once(key = "report:{dya}", retain = "1h")]
async fn job(day: u32) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
