//! Contestants, measured in turns: in each round all of them, in another order than in the last. Knows no store.

use crate::spread::{Spread, shown};
use crate::table::Table;

/// What is measured. Its name is the head of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metric(pub(crate) &'static str);

/// Jobs in a second.
pub(crate) const RATE: Metric = Metric("jobs/s");
/// How long half of the jobs took at most.
pub(crate) const P50: Metric = Metric("p50, µs");
/// How long all but a hundredth of the jobs took at most.
pub(crate) const P99: Metric = Metric("p99, µs");
/// Processor time of the clients.
pub(crate) const CLIENT: Metric = Metric("client CPU, µs/job");
/// Processor time of the server.
pub(crate) const SERVER: Metric = Metric("server CPU, µs/job");

/// What one contestant did in one round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<(Metric, f64)>);

impl Sample {
    /// As this one, with one figure more.
    pub(crate) fn with(mut self, metric: Metric, figure: f64) -> Self {
        self.0.push((metric, figure));
        self
    }

    /// The figure of this metric, if it was measured.
    pub(crate) fn figure(&self, metric: Metric) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == metric).map(|(_, figure)| *figure)
    }
}

/// Somebody who does the same as the others of a case, in its own way.
pub(crate) struct Contestant<'a> {
    name: String,
    measure: Box<dyn FnMut(usize) -> anyhow::Result<Sample> + 'a>,
}

impl<'a> Contestant<'a> {
    /// `measure` is told the number of the round, from zero; before those there is one more, which does not count.
    pub(crate) fn new(name: impl Into<String>, measure: impl FnMut(usize) -> anyhow::Result<Sample> + 'a) -> Self {
        Self { name: name.into(), measure: Box::new(measure) }
    }
}

/// The round that only warms up.
pub(crate) const WARM_UP: usize = usize::MAX;

/// What all contestants did in all rounds.
#[derive(Debug)]
pub(crate) struct Series {
    of: Vec<(String, Vec<Sample>)>,
}

/// Measures all of them in a round that does not count, and in `rounds` that do. Each begins with another one.
pub(crate) fn take_turns(rounds: usize, mut contestants: Vec<Contestant<'_>>) -> anyhow::Result<Series> {
    let mut of: Vec<_> = contestants.iter().map(|contestant| (contestant.name.clone(), Vec::new())).collect();
    for contestant in &mut contestants {
        (contestant.measure)(WARM_UP).map_err(|error| error.context(contestant.name.clone()))?;
    }
    let count = contestants.len();
    for round in 0..rounds {
        for turn in 0..count {
            let whose = (turn + round) % count;
            let contestant = &mut contestants[whose];
            let sample = (contestant.measure)(round).map_err(|error| error.context(contestant.name.clone()))?;
            of[whose].1.push(sample);
        }
    }
    Ok(Series { of })
}

impl Series {
    /// The figures of one contestant.
    pub(crate) fn figures(&self, name: &str, metric: Metric) -> Option<Spread> {
        Spread::of(self.samples(name)?.iter().filter_map(|sample| sample.figure(metric)))
    }

    /// The figures of one contestant, each divided by that of another one in the same round.
    pub(crate) fn ratios(&self, name: &str, to: &str, metric: Metric) -> Option<Spread> {
        let pairs = self.samples(name)?.iter().zip(self.samples(to)?);
        Spread::of(pairs.filter_map(|(one, other)| Some(one.figure(metric)? / other.figure(metric)?)))
    }

    fn samples(&self, name: &str) -> Option<&[Sample]> {
        self.of.iter().find(|(known, _)| known == name).map(|(_, samples)| &samples[..])
    }

    /// A row for each contestant: `by` as a ratio to that of `limit` in the same round, and the medians of `metrics`.
    pub(crate) fn table(&self, title: impl Into<String>, limit: &str, by: Metric, metrics: &[Metric]) -> Table {
        let measured = |metric: &&Metric| self.of.iter().any(|(name, _)| self.figures(name, **metric).is_some());
        let metrics: Vec<Metric> = metrics.iter().filter(measured).copied().collect();
        let mut table = Table::new(title);
        table.head(["", &format!("{}: ratio to {limit}", by.0), "from – to"]);
        metrics.iter().for_each(|metric| table.column(metric.0));
        for (name, _) in &self.of {
            let (ratio, apart) = self.ratios(name, limit, by).map_or_else(nothing, |ratio| {
                (format!("{:.2}", ratio.median), format!("{:.2} – {:.2}", ratio.low, ratio.high))
            });
            let mut row = vec![name.clone(), ratio, apart];
            row.extend(metrics.iter().map(|metric| match self.figures(name, *metric) {
                Some(figure) => shown(figure.median),
                None => "–".to_owned(),
            }));
            table.row(row);
        }
        table
    }
}

fn nothing() -> (String, String) {
    ("–".to_owned(), "–".to_owned())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn every_round_begins_with_another_one_and_the_first_does_not_count() {
        let order = RefCell::new(Vec::new());
        let contestant = |name: &'static str, size: f64| {
            let order = &order;
            Contestant::new(name, move |round| {
                order.borrow_mut().push(name);
                let figure = if round == WARM_UP { 1000.0 } else { size * (round + 1) as f64 };
                Ok(Sample::default().with(RATE, figure))
            })
        };
        let series = take_turns(3, vec![contestant("a", 1.0), contestant("b", 3.0)]).expect("nobody fails");
        assert_eq!(*order.borrow(), ["a", "b", "a", "b", "b", "a", "a", "b"]);
        assert_eq!(series.figures("a", RATE), Some(Spread { median: 2.0, low: 1.0, high: 3.0 }));
        assert_eq!(series.ratios("b", "a", RATE), Some(Spread { median: 3.0, low: 3.0, high: 3.0 }));
        assert_eq!(series.ratios("b", "c", RATE), None);
    }
}
