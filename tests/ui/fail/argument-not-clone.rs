//! An argument is taken by value and cannot be cloned.

use lockwork::{Error, global_once};

struct Token;

#[global_once(key = "k")]
async fn job(day: u32, token: Token) -> Result<(), Error> {
    drop(token);
    Ok(())
}

fn main() {}
