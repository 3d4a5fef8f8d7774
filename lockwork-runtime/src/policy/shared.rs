//! A policy that many have at a time. Knows nothing of what is in it, but whether that has been checked.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::policy::Policy;

/// A policy that is cheap to clone: each caller of a job has it, each claim and each attempt.
#[derive(Clone)]
pub(crate) enum SharedPolicy {
    /// That of an annotated function, which the compiler has checked, or the default: nobody need count who has it.
    Static(&'static Policy),
    Counted(Arc<Policy>),
}

impl SharedPolicy {
    pub(crate) const DEFAULT: Self = Self::Static(&Policy::new());

    /// As [`Policy::checked`].
    pub(crate) fn checked(&self) -> Result<Self, &'static str> {
        Ok(match self {
            Self::Static(_) => self.clone(),
            Self::Counted(policy) => match policy.checked()? {
                checked if checked == **policy => self.clone(),
                checked => checked.into(),
            },
        })
    }
}

impl Deref for SharedPolicy {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        match self {
            Self::Static(policy) => policy,
            Self::Counted(policy) => policy,
        }
    }
}

impl From<Policy> for SharedPolicy {
    fn from(policy: Policy) -> Self {
        Self::Counted(Arc::new(policy))
    }
}

impl From<&'static Policy> for SharedPolicy {
    fn from(policy: &'static Policy) -> Self {
        Self::Static(policy)
    }
}

impl PartialEq for SharedPolicy {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedPolicy {}

impl fmt::Debug for SharedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
