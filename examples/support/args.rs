//! The command lines of the examples.

use std::str::FromStr;

use anyhow::Context;

/// The arguments that have not been looked at yet.
pub(crate) struct Args(Vec<String>);

impl Args {
    pub(crate) fn new() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// Whether `name` was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|arg| arg != name);
        self.0.len() < before
    }

    /// The value that follows `name`, if that was given.
    pub(crate) fn value<T>(&mut self, name: &str) -> anyhow::Result<Option<T>>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        let Some(place) = self.0.iter().position(|arg| arg == name) else { return Ok(None) };
        let given: Vec<String> = self.0.drain(place..self.0.len().min(place + 2)).collect();
        let value = given.get(1).with_context(|| format!("{name} needs a value"))?;
        value.parse().map(Some).with_context(|| format!("{name} cannot be {value:?}"))
    }

    /// Refuses what nobody asked for. With `--help` it shows the usage and ends the process.
    pub(crate) fn finish(mut self, usage: &str) -> anyhow::Result<()> {
        if self.flag("--help") {
            println!("{usage}");
            std::process::exit(0);
        }
        anyhow::ensure!(self.0.is_empty(), "what is {:?}? Usage: {usage}", self.0.join(" "));
        Ok(())
    }
}
