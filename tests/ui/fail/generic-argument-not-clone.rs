//! A generic argument that may not be cloned.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job<T: Send>(value: T) -> Result<(), Error> {
    drop(value);
    Ok(())
}

fn main() {}
