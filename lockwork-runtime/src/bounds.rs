//! What the attribute asks of a function's types, in words that say what to do.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A value that can travel to the other processes: it can be written as JSON and read back.
pub trait Shared: Serialize + DeserializeOwned {}
impl<T: Serialize + DeserializeOwned> Shared for T {}

/// An error type that can hold a lockwork [`Error`], and can be told in words.
pub trait FromError: From<Error> + fmt::Display {}
impl<E: From<Error> + fmt::Display> FromError for E {}

/// An argument that a further attempt can have too.
pub trait RetryArg: Clone {}
impl<T: Clone> RetryArg for T {}

/// The `Result` that a function returns.
pub trait Returned: Sized {
    /// What it has to give.
    type Value;
    /// What can go wrong.
    type Error;
    /// The same as a `Result` whose types can be named.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
    /// The way back.
    fn from_result(result: Result<Self::Value, Self::Error>) -> Self;
}

impl<T, E> Returned for Result<T, E> {
    type Value = T;
    type Error = E;
    fn into_result(self) -> Self {
        self
    }
    fn from_result(result: Self) -> Self {
        result
    }
}

/// A by-value argument's copy for one attempt.
pub fn clone_arg<T: RetryArg>(arg: &T) -> T {
    arg.clone()
}
