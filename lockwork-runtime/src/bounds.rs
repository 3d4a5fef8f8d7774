//! What the attribute asks of a function's types, in words that say what to do. Knows no call.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attempt::Attempt;
use crate::error::Error;
use crate::worker::Worker;

/// A value that can travel to the other processes: it can be written as JSON and read back.
///
/// Everything that has serde's `Serialize` and `DeserializeOwned` has it; so does `()`. A generic `#[global_once]`
/// function writes `T: Shared` for the type of its value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a `#[global_once]` function",
    label = "this value must travel to the other processes",
    note = "the `Ok` type, and every type inside it, needs `serde::Serialize` and `serde::de::DeserializeOwned`: add \
            `#[derive(serde::Serialize, serde::Deserialize)]` to it, or return `()`"
)]
pub trait Shared: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Shared for T {}

/// An error type that can hold a lockwork [`Error`], and can be told in words.
///
/// Everything that has `From<lockwork::Error>` and `Display` has it: `anyhow::Error`, `Box<dyn Error>`, and with
/// thiserror an enum with the variant `#[error(transparent)] Job(#[from] lockwork::Error)`.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` of a `#[global_once]` function cannot hold a `lockwork::Error`",
    label = "`{Self}` needs `From<lockwork::Error>` and `Display`",
    note = "waiting for the job can fail too: implement `From<lockwork::Error>` and `Display` for it (with thiserror: \
            `#[error(transparent)] Job(#[from] lockwork::Error)`), or use `anyhow::Error`"
)]
pub trait FromError: From<Error> + fmt::Display {}

#[diagnostic::do_not_recommend]
impl<E: From<Error> + fmt::Display> FromError for E {}

/// An argument that a further attempt can have too.
///
/// Everything that is `Clone` has it. A generic `#[global_once]` function writes `T: RetryArg` for an argument that it
/// takes by value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Clone`, and a `#[global_once]` argument may be needed for another attempt",
    label = "this argument is taken by value, so each attempt gets a clone",
    note = "take it by reference (`&{Self}`), or in an `Arc`, or derive `Clone` for it"
)]
pub trait RetryArg: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> RetryArg for T {}

/// The `Result` that a function returns.
#[diagnostic::on_unimplemented(
    message = "a `#[global_once]` function must return a `Result`, not `{Self}`",
    label = "expected `Result<_, _>`",
    note = "return `Result<{Self}, lockwork::Error>`, or a `Result` with an error type of your own"
)]
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

/// What can stand behind the `&` of an `#[attempt]` parameter: [`Attempt`], and nothing else.
#[diagnostic::on_unimplemented(
    message = "an `#[attempt]` parameter is a `&lockwork::Attempt`, not a `&{Self}`",
    label = "the body is lent its attempt here",
    note = "write `#[attempt] attempt: &lockwork::Attempt`"
)]
pub trait Lent {
    #[doc(hidden)]
    fn lend(attempt: &Attempt) -> &Self;
}

impl Lent for Attempt {
    fn lend(attempt: &Attempt) -> &Self {
        attempt
    }
}

/// What can be a job's `key`: text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the `key` of a `#[global_once]` function",
    label = "a key is text",
    note = "write a string with captures, as in `key = \"report:{{day}}\"`, or an expression that gives a `&str` or a `String`"
)]
pub trait KeyText: AsRef<str> {}

impl<K: AsRef<str> + ?Sized> KeyText for K {}

/// A by-value argument's copy for one attempt.
pub fn clone_arg<T: RetryArg>(arg: &T) -> T {
    arg.clone()
}

/// The way of a copy into the body.
pub fn carry<T>(arg: T) -> Box<T> {
    Box::new(arg)
}

/// The attempt as the `#[attempt]` parameter's type.
pub fn lend<T: Lent>(attempt: &Attempt) -> &T {
    T::lend(attempt)
}

/// The `worker` of a call that names one.
pub fn named_worker(worker: &Worker) -> Option<&Worker> {
    Some(worker)
}

/// The text of a `key` that is an expression.
pub fn key_text<K: KeyText + ?Sized>(key: &K) -> &str {
    key.as_ref()
}
