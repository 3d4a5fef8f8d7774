//! `#[async_trait]` has already run.

use lockwork::{Attempt, Error, global_once};

#[async_trait::async_trait]
trait Job {
    async fn job(&self) -> Result<u32, Error>;
}

struct Service;

#[async_trait::async_trait]
impl Job for Service {
    #[global_once(key = "k")]
    async fn job(&self, #[attempt] attempt: &Attempt) -> Result<u32, Error> {
        Ok(attempt.number())
    }
}

fn main() {}
