//! A part of an argument cannot be cloned.

use lockwork::{Error, global_once};

struct Token;

#[global_once(key = "k")]
async fn job((day, token): (u32, Token)) -> Result<(), Error> {
    drop((day, token));
    Ok(())
}

fn main() {}
