//! A write on its way to the table: a swap or a removal that owns what it says. Compares and writes nothing.

use std::time::Duration;

use crate::store::{Swap, Wake};

/// What is to be written, where nothing else may be than what is expected.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) key: String,
    pub(super) expected: Option<Vec<u8>>,
    /// `None` removes what is there.
    pub(super) next: Option<Vec<u8>>,
    pub(super) keep: Option<Duration>,
    pub(super) wake: bool,
}

impl Write {
    pub(super) fn removal(key: &str, expected: &[u8]) -> Self {
        Self { key: key.to_owned(), expected: Some(expected.to_vec()), next: None, keep: None, wake: true }
    }

    /// About how many bytes it brings into a transaction.
    pub(super) fn size(&self) -> usize {
        self.key.len() + self.next.as_ref().map_or(0, Vec::len)
    }
}

impl From<Swap<'_>> for Write {
    fn from(Swap { key, expected, next, keep, wake }: Swap<'_>) -> Self {
        let (expected, next) = (expected.map(<[u8]>::to_vec), Some(next.to_vec()));
        Self { key: key.to_owned(), expected, next, keep, wake: wake != Wake::Nobody }
    }
}
