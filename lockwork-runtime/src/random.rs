//! The only place that draws lots. Knows nothing else.

#[cfg(any(test, feature = "testing"))]
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// 128 random bits, from a generator that the operating system seeded.
pub(crate) fn bits() -> u128 {
    draw()
}

/// A number below `bound`, which is not 0.
#[cfg(feature = "redis")]
pub(crate) fn below(bound: u8) -> u8 {
    u8::try_from(bits() % u128::from(bound)).expect("what is left is less than the bound")
}

/// Where one engine's pauses come from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Jitter {
    #[default]
    System,
    #[cfg(any(test, feature = "testing"))]
    Seeded(Arc<Mutex<Lots>>),
}

impl Jitter {
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(Lots::from_seed(seed))))
    }

    /// As [`up_to`].
    pub(crate) fn up_to(&self, most: Duration) -> Duration {
        match self {
            Self::System => up_to(most),
            #[cfg(any(test, feature = "testing"))]
            Self::Seeded(lots) => lots.lock().unwrap_or_else(PoisonError::into_inner).up_to(most),
        }
    }
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
