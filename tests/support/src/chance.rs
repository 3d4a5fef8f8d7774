//! What happens by chance, all of it from a seed. Knows not what for.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A number that follows from the `seed` and from the `name` of what it is for, and looks like any other.
#[must_use]
pub fn draw(seed: u64, name: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, name).hash(&mut hasher);
    hasher.finish()
}
