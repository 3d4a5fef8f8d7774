//! The Redis store.

use std::sync::Arc;
use std::time::Duration;

use crate::store::{Answer, ConnectError, Seen, Store, Swap, Swapped, Watch};

/// Records in a Redis or Valkey server.
#[derive(Debug)]
pub struct RedisStore;

impl RedisStore {
    /// Connects to the server of `url`; one try.
    ///
    /// # Errors
    ///
    /// As [`ConnectError`] says.
    pub async fn connect(_url: &str) -> Result<Arc<Self>, ConnectError> {
        todo!()
    }
}

impl Store for RedisStore {
    fn load<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Seen>> {
        todo!()
    }
    fn swap<'a>(&'a self, _: Swap<'a>) -> Answer<'a, Swapped> {
        todo!()
    }
    fn watch<'a>(&'a self, _: &'a str) -> Answer<'a, Watch> {
        todo!()
    }
    fn clock(&self) -> Answer<'_, Duration> {
        todo!()
    }
    fn scan<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: usize) -> Answer<'a, Vec<(String, Seen)>> {
        todo!()
    }
    fn remove<'a>(&'a self, _: &'a str, _: &'a [u8]) -> Answer<'a, bool> {
        todo!()
    }
}
