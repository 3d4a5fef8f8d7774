//! The attribute is on a method that a trait only declares.

use lockwork::{Error, global_once};

trait Job {
    #[global_once(key = "k")]
    async fn job(&self) -> Result<(), Error>;
}

fn main() {}
