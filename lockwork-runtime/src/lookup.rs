//! What people and tools ask of records: read one, list some, forget one. Knows no callers.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::engine::Setting;
use crate::error::{Error, ErrorKind};
use crate::job::{Key, prefix_in};
use crate::record::Record;
use crate::records::Query;
use crate::store::{Scan, StoreError};

/// How many records are read at a time. A store without an order of its keys goes through all of them for each page.
const PAGE: usize = 2000;

/// A question, and where the answer goes.
#[derive(Debug)]
pub(crate) enum Lookup {
    Record(Key, Reply<Option<Record>>),
    Records(Query, Reply<Vec<(String, Record)>>),
    Forget(Key, Reply<bool>),
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

impl Lookup {
    /// Answers. One who has gone needs no answer.
    pub(crate) async fn answer(self, setting: Arc<Setting>) {
        match self {
            Self::Record(key, reply) => {
                let mut register = setting.register(&key);
                let read = register.load().await;
                let record = read.map(|()| register.record().map(|record| Record::clone(record)));
                let _ = reply.send(record.map_err(|error| Error::store(&error).with_key(&key)));
            }
            Self::Records(query, reply) => {
                let _ = reply.send(records(&setting, &query).await);
            }
            Self::Forget(key, reply) => {
                let forgotten = setting.register(&key).forget().await;
                let _ = reply.send(forgotten.map_err(|error| Error::store(&error).with_key(&key)));
            }
        }
    }
}

async fn records(setting: &Setting, query: &Query) -> Result<Vec<(String, Record)>, Error> {
    let name = |start: &str| prefix_in(&setting.namespace, start);
    let prefix = name(&query.prefix);
    let mut records = Vec::new();
    let mut behind = query.behind.as_deref().map(name);
    loop {
        let limit = PAGE.min(query.limit - records.len());
        let scan = Scan { prefix: &prefix, behind: behind.as_deref(), limit, order: query.order };
        let answer = setting.store.scan(scan);
        let page = tokio::time::timeout(setting.patience, answer).await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable(format!("the store did not list its records within {:?}", setting.patience)))
        });
        let page = page.map_err(|error| Error::store(&error))?;
        behind = page.last().map(|(name, _)| name.clone());
        let is_last = page.len() < PAGE;
        for (name, seen) in page {
            // What no key can be called, somebody else has written.
            let Some(key) = Key::of_name(&name, &setting.namespace) else { continue };
            let record = Record::decode(&seen.bytes)
                .map_err(|error| Error::new(ErrorKind::Store, error.to_string()).with_key(&key))?;
            records.push((key.as_str().to_owned(), record));
        }
        if is_last {
            return Ok(records);
        }
    }
}
