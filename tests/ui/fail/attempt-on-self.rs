//! The mark is on `self`.

use lockwork::{Error, global_once};

struct Service;

impl Service {
    #[global_once(key = "k")]
    async fn job(#[attempt] &self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
