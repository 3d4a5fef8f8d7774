//! Where instructions go, as callgrind writes it: by source file and function. Knows no program.

use std::collections::HashMap;

/// How many instructions a function took itself, in one of the files that its code is from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cost<'a> {
    pub(crate) file: &'a str,
    pub(crate) function: &'a str,
    pub(crate) instructions: u64,
}

/// The costs of each function itself, without those that it called.
pub(crate) fn costs(profile: &str) -> Vec<Cost<'_>> {
    let (mut files, mut functions) = (Names::default(), Names::default());
    let (mut file, mut function) = ("", "");
    let mut sums = HashMap::<(&str, &str), u64>::new();
    let mut lines = profile.lines();
    while let Some(line) = lines.next() {
        match line.split_once('=') {
            // What follows is the cost of the called function, which has its own lines.
            Some(("calls", _)) => drop(lines.next()),
            Some(("fl" | "fi" | "fe", name)) => file = files.resolve(name),
            Some(("fn", name)) => function = functions.resolve(name),
            Some(("cfl" | "cfi", name)) => drop(files.resolve(name)),
            Some(("cfn", name)) => drop(functions.resolve(name)),
            _ => {
                let is_cost =
                    line.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '*'));
                let cost = line.split_once(' ').and_then(|(_, cost)| cost.parse::<u64>().ok());
                if let (true, Some(cost)) = (is_cost, cost) {
                    *sums.entry((file, function)).or_default() += cost;
                }
            }
        }
    }
    sums.into_iter().map(|((file, function), instructions)| Cost { file, function, instructions }).collect()
}

/// The names of one kind, which stand behind their number where they come first, and are the number alone then.
#[derive(Default)]
struct Names<'a>(HashMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    fn resolve(&mut self, written: &'a str) -> &'a str {
        match written.split_once(' ') {
            Some((number, name)) if number.starts_with('(') => {
                self.0.insert(number, name);
                name
            }
            _ => self.0.get(written).copied().unwrap_or(written),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_the_one_that_is_called() {
        let profile = "version: 1\nevents: Ir\n\nfl=(1) a.rs\nfn=(1) main\n10 5\nfi=(2) b.rs\n+3 2\ncfn=(2) other\ncalls=3 20\n\
                       * 900\nfe=(1)\n-1 1\n\nfl=(2)\nfn=(2)\n20 900\n\ntotals: 908\n";
        let mut costs = costs(profile);
        costs.sort_by_key(|cost| cost.instructions);
        let seen: Vec<_> = costs.iter().map(|cost| (cost.file, cost.function, cost.instructions)).collect();
        assert_eq!(seen, [("b.rs", "main", 2), ("a.rs", "main", 6), ("b.rs", "other", 900)]);
    }
}
