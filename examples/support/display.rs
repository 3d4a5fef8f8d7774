//! What a fleet does, shown: a row for each process that changes in place on a terminal, else a line for each change.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use tokio::time::Instant;

/// More rows than this may not fit on a terminal.
const MOST_ROWS: usize = 20;

/// Where nothing changes in place, how often it is said that a process is still at it.
const STILL: Duration = Duration::from_secs(2);

/// The rows, one for each process.
pub(crate) struct Display {
    start: Instant,
    rows: Vec<Row>,
    in_place: bool,
    /// How many rows stand on the terminal, the cursor below them.
    drawn: usize,
}

struct Row {
    name: String,
    doing: String,
    since: Instant,
    /// When a line was last printed about it.
    told: Instant,
    has_ended: bool,
}

impl Display {
    pub(crate) fn new(names: Vec<String>) -> Self {
        let start = now();
        let row = |name| Row { name, doing: "starts".to_owned(), since: start, told: start, has_ended: false };
        let rows: Vec<Row> = names.into_iter().map(row).collect();
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let in_place = std::io::stdout().is_terminal() && !is_dumb && rows.len() <= MOST_ROWS;
        Self { start, rows, in_place, drawn: 0 }
    }

    /// From now on the process does this.
    pub(crate) fn now(&mut self, row: usize, doing: &str) {
        self.change(row, doing);
        if self.in_place { self.draw("") } else { self.line(row, doing) }
    }

    /// Something happened to the process.
    pub(crate) fn say(&mut self, row: usize, text: &str) {
        self.line(row, text);
    }

    /// The process is gone.
    pub(crate) fn end(&mut self, row: usize, how: &str) {
        self.change(row, how);
        self.rows[row].has_ended = true;
        self.draw("");
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self) {
        if self.in_place {
            self.draw("");
            return;
        }
        for row in 0..self.rows.len() {
            if !self.rows[row].has_ended && STILL <= self.rows[row].told.elapsed() {
                let text = format!("still {}", self.rows[row].status());
                self.line(row, &text);
            }
        }
    }

    /// What the process was last said to do.
    pub(crate) fn doing(&self, row: usize) -> &str {
        &self.rows[row].doing
    }

    fn change(&mut self, row: usize, doing: &str) {
        let row = &mut self.rows[row];
        doing.clone_into(&mut row.doing);
        row.since = now();
    }

    fn line(&mut self, row: usize, text: &str) {
        self.rows[row].told = now();
        let line = format!("{:6.2} s  {}  {text}\n", self.start.elapsed().as_secs_f64(), self.rows[row].name);
        self.draw(&line);
    }

    /// Prints `lines`, and on a terminal the rows anew below them. All in one write, so that nothing flickers.
    fn draw(&mut self, lines: &str) {
        let mut out = String::new();
        if self.in_place {
            if 0 < self.drawn {
                out.push_str(&format!("\x1b[{}A\r\x1b[J", self.drawn));
            }
            out.push_str(lines);
            // A row that the terminal wrapped would be two, so it is cut off instead.
            out.push_str("\x1b[?7l");
            for row in &self.rows {
                out.push_str(&format!("          {}  {}\n", row.name, row.status()));
            }
            out.push_str("\x1b[?7h");
            self.drawn = self.rows.len();
        } else {
            out.push_str(lines);
        }
        let mut stdout = std::io::stdout().lock();
        // Who cannot be shown anything any more still wants the work done.
        let _ = stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush());
    }
}

impl Row {
    fn status(&self) -> String {
        if self.has_ended {
            return self.doing.clone();
        }
        format!("{}, for {:.1} s", self.doing, self.since.elapsed().as_secs_f64())
    }
}

#[expect(clippy::disallowed_methods, reason = "an example shows how long things take")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
