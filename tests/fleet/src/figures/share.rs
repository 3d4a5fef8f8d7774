//! Numbers that were measured, in the order of their size. Knows not what they are of.

use std::fmt;

/// What of a hundred or more measurements people want to know.
pub(crate) struct Shares(Vec<f64>);

impl Shares {
    pub(crate) fn new(mut measured: Vec<f64>) -> Self {
        measured.sort_by(f64::total_cmp);
        Self(measured)
    }

    /// So many percent of all are not above this.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [middle, high, highest] = [50, 99, 100].map(|percent| self.percentile(percent));
        write!(f, "p50 {middle:.2}, p99 {high:.2}, max {highest:.2} ({} samples)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let shares = Shares::new((1..=200).rev().map(f64::from).collect());
        assert_eq!([1, 50, 99, 100].map(|percent| shares.percentile(percent)), [2.0, 100.0, 198.0, 200.0]);
        assert_eq!(Shares::new(vec![7.0]).percentile(50), 7.0);
    }
}
