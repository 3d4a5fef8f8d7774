//! The function is extern.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
extern "C" fn job() -> Result<(), Error> {
    Ok(())
}

fn main() {}
