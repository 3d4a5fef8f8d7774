//! `self` is taken by value and cannot be cloned.

use lockwork::{Error, global_once};

struct Service;

impl Service {
    #[global_once(key = "k")]
    async fn job(self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
