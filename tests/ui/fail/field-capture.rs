//! A capture is more than a name.

use lockwork::{Error, global_once};

struct Service {
    id: u32,
}

impl Service {
    #[global_once(key = "service:{self.id}", retain = "1h")]
    async fn job(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
