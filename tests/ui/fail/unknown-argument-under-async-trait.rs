//! A mistake under `#[async_trait]`, where the checks of the types must not get in the way.

use lockwork::{Error, Worker, global_once};

async fn worker() -> &'static Worker {
    unimplemented!()
}

#[async_trait::async_trait]
trait Job {
    #[global_once(key = "k", worker = worker().await, tries = 5)]
    async fn job(&self, day: u32) -> Result<u32, Error> {
        Ok(day)
    }
}

fn main() {}
