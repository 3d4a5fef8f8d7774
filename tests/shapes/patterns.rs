//! Arguments with patterns, attributes and no name.

use lockwork::{Attempt, global_once};

use crate::{fail_once, worker};

#[derive(Clone)]
pub(crate) struct Range {
    from: u32,
    until: u32,
    label: String,
}

#[global_once(key = "patterns::tuple:{a}:{first}", retain = "1h", backoff_ms = 0, worker = worker().await)]
async fn tuple((a, mut b): (u8, u8), [first, .., last]: [u8; 3]) -> anyhow::Result<u8> {
    b += 1;
    fail_once("patterns::tuple")?;
    Ok(a + b + first + last)
}

#[tokio::test]
async fn tuples_and_arrays() {
    assert_eq!(tuple((1, 2), [3, 0, 4]).await.unwrap(), 11);
}

#[global_once(key = "patterns::fields", backoff_ms = 0, worker = worker().await)]
async fn fields(Range { from, mut until, label: name, .. }: Range) -> anyhow::Result<(u32, String)> {
    until -= from;
    fail_once("patterns::fields")?;
    let name: String = name;
    Ok((until, name))
}

#[tokio::test]
async fn struct_fields() {
    let range = Range { from: 2, until: 5, label: "x".to_owned() };
    assert_eq!(fields(range).await.unwrap(), (3, "x".to_owned()));
}

#[global_once(key = "patterns::mutable_parts", backoff_ms = 0, worker = worker().await)]
async fn mutable_parts(
    (count, log): (u8, &mut Vec<u8>),
    (left, right): &mut (u8, u8),
    Range { label, .. }: &mut Range,
) -> anyhow::Result<u8> {
    log.push(count);
    *left += count;
    *right += *left;
    label.push('!');
    fail_once("patterns::mutable_parts")?;
    Ok(*right)
}

#[tokio::test]
async fn parts_of_mutable_references() {
    let (mut log, mut pair) = (Vec::new(), (0, 0));
    let mut range = Range { from: 0, until: 0, label: String::new() };
    assert_eq!(mutable_parts((1, &mut log), &mut pair, &mut range).await.unwrap(), 3);
    assert_eq!((log, pair, range.label.as_str()), (vec![1, 1], (2, 3), "!!"));
}

#[global_once(key = "patterns::shared_parts", backoff_ms = 0, worker = worker().await)]
async fn shared_parts(&(ref name, count): &(String, usize), whole @ [_, _]: [u8; 2]) -> anyhow::Result<usize> {
    fail_once("patterns::shared_parts")?;
    Ok(name.len() + count + whole.len())
}

#[tokio::test]
async fn references_in_patterns() {
    assert_eq!(shared_parts(&("ab".to_owned(), 1), [0, 0]).await.unwrap(), 5);
}

#[derive(Debug)]
pub(crate) struct NotClone;

#[global_once(key = "patterns::unnamed", backoff_ms = 0, worker = worker().await)]
async fn unnamed(_: NotClone, _kept: u8, #[attempt] _: &Attempt) -> anyhow::Result<()> {
    fail_once("patterns::unnamed")
}

#[tokio::test]
async fn an_argument_without_a_name_need_not_be_clone() {
    unnamed(NotClone, 1).await.unwrap();
}

#[global_once(key = "patterns::conditional", backoff_ms = 0, worker = worker().await)]
async fn conditional(
    #[cfg(not(test))] missing: NoSuchType,
    #[cfg(test)] mut there: u8,
    #[allow(unused_variables)] allowed: u8,
    #[expect(unused_variables)] expected: String,
    #[cfg(test)]
    #[attempt]
    attempt: &Attempt,
) -> anyhow::Result<u32> {
    there += 1;
    fail_once("patterns::conditional")?;
    Ok(u32::from(there) + attempt.number())
}

#[tokio::test]
async fn attributes_follow_their_argument() {
    assert_eq!(conditional(1, 2, String::new()).await.unwrap(), 4);
}

#[global_once(key = "patterns::raw:{type}", retain = "forever", backoff_ms = 0, worker = worker().await)]
async fn raw(r#type: u8) -> anyhow::Result<u8> {
    fail_once("patterns::raw")?;
    Ok(r#type)
}

#[tokio::test]
async fn raw_names() {
    assert_eq!(raw(3).await.unwrap(), 3);
}
