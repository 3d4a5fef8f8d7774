//! The rules that lockwork's code keeps, where each stands, and the test that misses it. Knows no way to run them.

mod callers;
mod protocol;
mod schedules;
mod stores;

/// One rule: the place where the code keeps it, what stands there without it, and the test that then goes red.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The rule, as what is done without it.
    pub rule: &'static str,
    /// The file, below the root of the repository.
    pub file: &'static str,
    /// The code that keeps the rule. It stands in the file exactly once.
    pub kept: &'static str,
    /// The code without the rule.
    pub removed: &'static str,
    /// Who misses it.
    pub missed_by: Test,
}

/// A test of `lockwork-runtime`, by its whole name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// A unit test.
    Unit(&'static str),
    /// A case that every store has to meet.
    Conformance(&'static str),
    /// A test of the Redis store alone.
    Redis(&'static str),
}

impl Test {
    /// The test's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit(name) | Self::Conformance(name) | Self::Redis(name) => name,
        }
    }

    /// Which of the package's tests it is among, as arguments of `cargo test`.
    #[must_use]
    pub fn target(self) -> &'static [&'static str] {
        match self {
            Self::Unit(_) => &["--lib"],
            Self::Conformance(_) => &["--test", "conformance"],
            Self::Redis(_) => &["--test", "redis"],
        }
    }
}

/// All of them: those of the pure record, those of the keeper and its callers, those of slots, those of the
/// stores.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    [&protocol::MUTANTS[..], &callers::MUTANTS, &schedules::MUTANTS, &stores::MUTANTS].into_iter().flatten()
}
