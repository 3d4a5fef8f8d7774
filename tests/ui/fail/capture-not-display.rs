//! A captured parameter cannot be shown.

use lockwork::{Error, global_once};

#[global_once(key = "report:{days}", retain = "1h")]
async fn job(days: Vec<u32>) -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
