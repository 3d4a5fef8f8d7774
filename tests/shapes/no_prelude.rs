//! A module without the prelude.
#![no_implicit_prelude]

use ::anyhow::Result;
use ::lockwork::global_once;
use ::std::format;
use ::std::result::Result::Ok;
use ::std::string::String;

use crate::{fail_once, worker};

#[global_once(key = "no_prelude:{day}", timeout = "5s", retain = "1d", backoff = "0s", worker = worker().await)]
pub(crate) async fn without(day: u32, name: String, (a, b): (u8, u8)) -> Result<String> {
    fail_once("no_prelude")?;
    Ok(format!("{day} {name} {}", a + b))
}
