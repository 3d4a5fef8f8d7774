//! The function is const.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
const fn job() -> Result<(), Error> {
    Ok(())
}

fn main() {}
