//! The only place that draws lots. Knows nothing else.

use std::time::Duration;

/// 128 random bits, from a generator that the operating system seeded.
pub(crate) fn bits() -> u128 {
    draw()
}

/// Any duration up to `most`: full jitter, which keeps a fleet from asking in step.
pub(crate) fn up_to(most: Duration) -> Duration {
    most.mul_f64(draw::<f64>())
}

#[cfg(not(test))]
fn draw<T>() -> T
where
    rand::distr::StandardUniform: rand::distr::Distribution<T>,
{
    rand::random()
}

#[cfg(test)]
pub(crate) use seeded::{draw, seed};

#[cfg(test)]
mod seeded {
    use std::cell::RefCell;

    use rand::distr::{Distribution, StandardUniform};
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    thread_local! {
        static SEEDED: RefCell<Option<StdRng>> = const { RefCell::new(None) };
    }

    /// From here on the lots of this thread follow from `seed`.
    pub(crate) fn seed(seed: u64) {
        SEEDED.set(Some(StdRng::seed_from_u64(seed)));
    }

    pub(crate) fn draw<T>() -> T
    where
        StandardUniform: Distribution<T>,
    {
        SEEDED.with_borrow_mut(|seeded| match seeded {
            Some(generator) => generator.random(),
            None => rand::random(),
        })
    }
}
