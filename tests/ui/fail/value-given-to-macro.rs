//! A wrong value is shown where the macro was given it.

use lockwork::{Error, global_once};

macro_rules! job {
    ($name:ident, $lease:expr) => {
        #[global_once(key = "job", timeout_ms = $lease)]
        async fn $name() -> Result<u32, Error> {
            Ok(1)
        }
    };
}

job!(patient, 500);
job!(hasty, 5);

fn main() {
    let _ = async { (patient().await, hasty().await) };
}
