//! The function takes any number of arguments.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
unsafe extern "C" fn job(count: u32, mut rest: ...) -> Result<(), Error> {
    Ok(())
}

fn main() {}
