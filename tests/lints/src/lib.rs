//! Sloppy functions. `tests/lints.rs` compares what clippy says with the attribute and without.

#![cfg(sloppy)]
#![warn(
    clippy::pedantic,
    clippy::nursery,
    missing_docs,
    unused,
    unused_results,
    unused_qualifications,
    let_underscore_drop
)]
#![warn(clippy::shadow_reuse, clippy::shadow_same, clippy::shadow_unrelated, clippy::let_underscore_untyped)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]
#![warn(clippy::str_to_string, clippy::print_stdout, clippy::pattern_type_mismatch, clippy::implicit_return)]
#![warn(clippy::single_call_fn, clippy::absolute_paths, clippy::question_mark_used, clippy::std_instead_of_core)]
#![warn(clippy::exhaustive_structs, clippy::min_ident_chars, clippy::ref_patterns, clippy::todo, clippy::panic)]
#![warn(clippy::default_numeric_fallback, clippy::as_conversions, clippy::missing_docs_in_private_items)]

use std::fmt::Debug;

#[cfg(annotated)]
use lockwork::global_once;

/// A type.
#[derive(Debug, Clone)]
pub struct Service {
    id: u32,
}

/// Unused arguments, unused `mut`, unused results.
#[cfg_attr(annotated, global_once(key = "unused"))]
pub async fn unused(name: String, mut count: u32, (a, mut b): (u8, u8), list: &mut Vec<u8>) -> anyhow::Result<u32> {
    count.checked_add(1);
    list.pop();
    Ok(1)
}

/// Assigned but never read.
#[cfg_attr(annotated, global_once(key = "assigned"))]
pub async fn assigned(mut count: u32, mut name: &str) -> anyhow::Result<()> {
    count = 2;
    count += 1;
    name = "x";
    Ok(())
}

/// Underscored but used.
#[cfg_attr(annotated, global_once(key = "underscored"))]
pub async fn underscored(_used: u32, _name: String) -> anyhow::Result<u32> {
    let twice = _used + _name.len() as u32;
    let twice = twice.clone();
    Ok(twice.into())
}

/// Ends in ways that clippy knows.
#[cfg_attr(annotated, global_once(key = "ends"))]
pub async fn ends(flag: bool, text: &String, list: Vec<u8>) -> anyhow::Result<String> {
    if flag == true {
        return Ok(text.to_string());
    } else {
        let result = Ok(format!("{}", text.as_str().to_owned()));
        return result;
    }
}

/// Never ends.
#[cfg_attr(annotated, global_once(key = "never"))]
pub async fn never(list: Vec<u8>) -> anyhow::Result<()> {
    todo!()
}

/// Panics.
#[cfg_attr(annotated, global_once(key = "panics"))]
pub async fn panics() -> anyhow::Result<u32> {
    panic!("always")
}

/// Has a value of a type with many parts.
#[cfg_attr(annotated, global_once(key = "complex"))]
pub async fn complex() -> anyhow::Result<Vec<(Option<Vec<Result<u8, u8>>>, Option<Box<(u8, Vec<Vec<u8>>)>>)>> {
    Ok(vec![])
}

/// Holds a diverging expression.
#[cfg_attr(annotated, global_once(key = "diverges"))]
pub async fn diverges(flag: bool) -> anyhow::Result<bool> {
    let both = flag || todo!();
    Ok(both)
}

/// Generic.
#[cfg_attr(annotated, global_once(key = "generic"))]
pub async fn generic<T: Debug + Clone>(value: T, values: &[T]) -> anyhow::Result<()>
where
    T: Send,
{
    println!("{:?} {}", value, values.len());
    std::future::ready(()).await;
    Ok(())
}

impl Service {
    /// By mutable reference.
    #[cfg_attr(annotated, global_once(key = "bump"))]
    pub async fn bump(&mut self, by: u32) -> anyhow::Result<u32> {
        self.id += by;
        let me = self;
        Ok(me.id)
    }

    /// By value.
    #[cfg_attr(annotated, global_once(key = "take"))]
    pub async fn take(mut self) -> anyhow::Result<u32> {
        Ok(self.id)
    }

    /// By reference.
    #[cfg_attr(annotated, global_once(key = "peek"))]
    pub async fn peek(&self, index: usize) -> anyhow::Result<u8> {
        let list = [1, 2];
        Ok(list[index])
    }

    /// Without need.
    #[cfg_attr(annotated, global_once(key = "needless"))]
    pub async fn needless(&mut self, log: &mut Vec<u8>) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Says what it expects.
#[cfg_attr(annotated, global_once(key = "expects"))]
pub async fn expects(
    #[expect(unused_variables)] name: String,
    #[allow(unused_mut)] mut list: Vec<u8>,
) -> anyhow::Result<()> {
    #[expect(clippy::let_and_return)]
    let count = {
        let count = list.len();
        count
    };
    drop(count);
    Ok(())
}
