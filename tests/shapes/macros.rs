//! Functions that a `macro_rules!` makes, wholly or of pieces that it is given.

use lockwork::global_once;

use crate::{fail_once, worker};

macro_rules! job {
    ($(#[$attr:meta])* $vis:vis fn $name:ident($arg:ident: $ty:ty) -> $ret:ty, $key:literal, $worker:expr, $body:block) => {
        $(#[$attr])*
        #[global_once(key = $key, backoff_ms = 0, worker = $worker)]
        $vis async fn $name($arg: $ty) -> $ret $body
    };
}

job!(
    #[doc = "Made of pieces."]
    pub(crate) fn of_pieces(day: u32) -> anyhow::Result<u32>,
    "macros::of_pieces",
    worker().await,
    {
        fail_once("macros::of_pieces")?;
        Ok(day + 1)
    }
);

macro_rules! whole {
    ($name:ident, $lease:expr) => {
        #[global_once(key = "macros::whole:{day}", timeout_ms = $lease, retain = "1h", backoff_ms = 0, worker = worker().await)]
        async fn $name(mut day: u32, (left, _): (u8, u8), out: &mut Vec<u32>) -> anyhow::Result<u32> {
            day += u32::from(left);
            out.push(day);
            fail_once("macros::whole")?;
            Ok(day)
        }
    };
}

whole!(wholly, 1000);

macro_rules! method {
    ($ty:ident) => {
        impl $ty {
            #[global_once(key = "macros::method", backoff_ms = 0, worker = worker().await)]
            async fn bump(&mut self) -> anyhow::Result<String> {
                self.0 += 1;
                fail_once("macros::method")?;
                Ok(format!("{} {self:?}", self.0))
            }
        }
    };
}

#[derive(Debug)]
struct Counter(u8);
method!(Counter);

#[tokio::test]
async fn functions_made_by_macros() {
    assert_eq!(of_pieces(1).await.unwrap(), 2);
    let mut out = Vec::new();
    assert_eq!(wholly(1, (2, 0), &mut out).await.unwrap(), 3);
    assert_eq!(out, [3, 3]);
    assert_eq!(Counter(0).bump().await.unwrap(), "2 Counter(2)");
}
