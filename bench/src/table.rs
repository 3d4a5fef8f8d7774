//! A table as Markdown that can also be read as it stands. Knows not what is in it.

use std::fmt;

/// A title, a head, rows, and remarks on them.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    remarks: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), head: Vec::new(), rows: Vec::new(), remarks: Vec::new() }
    }

    /// More columns.
    pub(crate) fn head<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.head.extend(names.into_iter().map(str::to_owned));
    }

    /// One more column.
    pub(crate) fn column(&mut self, name: &str) {
        self.head.push(name.to_owned());
    }

    /// One more row, with a cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.head.len(), "a cell for each column: {cells:?}");
        self.rows.push(cells);
    }

    /// A sentence below the table.
    pub(crate) fn remark(&mut self, sentence: impl Into<String>) {
        self.remarks.push(sentence.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        writeln!(f, "### {}\n", self.title)?;
        for (number, row) in all().enumerate() {
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                // Names to the left, figures to the right.
                if column == 0 { write!(f, "| {cell:width$} ")? } else { write!(f, "| {cell:>width$} ")? }
            }
            writeln!(f, "|")?;
            if number == 0 {
                for (column, &width) in widths.iter().enumerate() {
                    let dashes = "-".repeat(width + 1);
                    if column == 0 { write!(f, "|{dashes}-")? } else { write!(f, "|{dashes}:")? }
                }
                writeln!(f, "|")?;
            }
        }
        self.remarks.iter().try_for_each(|remark| write!(f, "\n{remark}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown_and_its_columns_stand_below_each_other() {
        let mut table = Table::new("Jobs");
        table.head(["", "ratio"]);
        table.row(vec!["µs".into(), "1.00".into()]);
        table.remark("So it is.");
        assert_eq!(table.to_string(), "### Jobs\n\n|     | ratio |\n|-----|------:|\n| µs  |  1.00 |\n\nSo it is.\n");
    }
}
