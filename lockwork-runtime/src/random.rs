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

#[cfg(any(test, feature = "testing"))]
pub(crate) use lots::Lots;
#[cfg(test)]
pub(crate) use seeded::{draw, seed};

#[cfg(any(test, feature = "testing"))]
mod lots {
    use std::time::Duration;

    use rand::distr::{Distribution, StandardUniform};
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    /// Lots that follow from a seed.
    #[derive(Debug)]
    pub(crate) struct Lots(StdRng);

    impl Lots {
        pub(crate) fn from_seed(seed: u64) -> Self {
            Self(StdRng::seed_from_u64(seed))
        }

        pub(crate) fn draw<T>(&mut self) -> T
        where
            StandardUniform: Distribution<T>,
        {
            self.0.random()
        }

        /// Any duration up to `most`.
        pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
            most.mul_f64(self.draw::<f64>())
        }
    }
}

#[cfg(test)]
mod seeded {
    use std::cell::RefCell;

    use rand::distr::{Distribution, StandardUniform};

    use super::Lots;

    thread_local! {
        static SEEDED: RefCell<Option<Lots>> = const { RefCell::new(None) };
    }

    /// From here on the lots of this thread follow from `seed`.
    pub(crate) fn seed(seed: u64) {
        SEEDED.set(Some(Lots::from_seed(seed)));
    }

    pub(crate) fn draw<T>() -> T
    where
        StandardUniform: Distribution<T>,
    {
        SEEDED.with_borrow_mut(|seeded| match seeded {
            Some(lots) => lots.draw(),
            None => rand::random(),
        })
    }
}
