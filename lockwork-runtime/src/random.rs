//! The only place that draws lots. Knows nothing else.

use std::time::Duration;

/// 128 random bits, from a generator that the operating system seeded.
pub(crate) fn bits() -> u128 {
    rand::random()
}

/// Any duration up to `most`: full jitter, which keeps a fleet from asking in step.
pub(crate) fn up_to(most: Duration) -> Duration {
    most.mul_f64(rand::random::<f64>())
}
