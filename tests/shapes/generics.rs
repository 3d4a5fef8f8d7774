//! Generic functions: types, constants, lifetimes, where clauses, `impl Trait`.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use lockwork::{FromError, RetryArg, Shared, global_once};

use crate::{fail_once, worker};

#[global_once(key = "generics::types:{name}", retain = "1h", backoff_ms = 0, worker = worker().await)]
async fn types<N, T>(name: N, value: T) -> anyhow::Result<T>
where
    N: Display + Clone,
    T: Shared + RetryArg + Debug,
{
    fail_once(&format!("generics::types:{name}"))?;
    Ok(value)
}

#[tokio::test]
async fn type_parameters() {
    assert_eq!(types("x", vec![1_u8]).await.unwrap(), [1]);
}

#[global_once(key = "generics::errors", backoff_ms = 0, worker = worker().await)]
async fn errors<E>(failing: fn() -> Result<u8, E>) -> Result<u8, E>
where
    E: FromError,
{
    failing()
}

#[tokio::test]
async fn the_error_can_be_a_parameter() {
    let failing = || fail_once("generics::errors").map(|()| 4);
    assert_eq!(errors::<anyhow::Error>(failing).await.unwrap(), 4);
}

#[global_once(key = "generics::constants:{N}", retain = "1h", backoff_ms = 0, worker = worker().await)]
async fn constants<const N: usize>(numbers: [u8; N]) -> anyhow::Result<usize> {
    fail_once("generics::constants")?;
    Ok(numbers.len() + N)
}

#[tokio::test]
async fn constant_parameters() {
    assert_eq!(constants([0; 3]).await.unwrap(), 6);
}

#[global_once(key = "generics::lifetimes", backoff_ms = 0, worker = worker().await)]
async fn lifetimes<'a, 'b: 'a>(one: &'a str, two: &'b str) -> anyhow::Result<Cow<'a, str>> {
    fail_once("generics::lifetimes")?;
    Ok(Cow::Borrowed(if one.is_empty() { two } else { one }))
}

#[tokio::test]
async fn lifetime_parameters() {
    assert_eq!(lifetimes("", "b").await.unwrap(), "b");
}

#[global_once(key = "generics::elided", backoff_ms = 0, worker = worker().await)]
async fn elided(name: Cow<'_, str>) -> anyhow::Result<Cow<'_, str>> {
    fail_once("generics::elided")?;
    Ok(name)
}

#[tokio::test]
async fn elided_lifetimes() {
    assert_eq!(elided(Cow::Borrowed("b")).await.unwrap(), "b");
}

#[global_once(key = "generics::implementers", backoff_ms = 0, worker = worker().await)]
async fn implementers(
    double: impl Fn(u8) -> u8 + Clone,
    name: &impl AsRef<str>,
    out: &mut impl Extend<u8>,
) -> anyhow::Result<u8> {
    out.extend(name.as_ref().bytes());
    fail_once("generics::implementers")?;
    Ok(double(21))
}

#[tokio::test]
async fn impl_trait_arguments() {
    let mut out = Vec::new();
    assert_eq!(implementers(|x| x * 2, &"a".to_owned(), &mut out).await.unwrap(), 42);
    assert_eq!(out, b"aa");
}

pub(crate) struct Parser<T, const LEASE_MS: u64>(std::marker::PhantomData<T>);

impl<T: FromStr, const LEASE_MS: u64> Parser<T, LEASE_MS>
where
    T::Err: std::error::Error + Send + Sync + 'static,
    T: Shared,
{
    const RETAIN_MS: u64 = LEASE_MS * 4;

    #[global_once(
        key = "generics::parse:{text}",
        timeout_ms = Self::RETAIN_MS / 4,
        retain_ms = Self::RETAIN_MS,
        backoff_ms = 0,
        worker = worker().await
    )]
    async fn parse(text: &str) -> anyhow::Result<T> {
        fail_once("generics::parse")?;
        Ok(text.parse()?)
    }
}

#[tokio::test]
async fn a_method_of_a_generic_type_with_constants_of_its_own() {
    assert_eq!(Parser::<u16, 500>::parse("12").await.unwrap(), 12);
}
