//! Tables on the terminal, a line at a time: a bench takes minutes.

use std::io::{Write as _, stdout};

pub(crate) struct Table {
    widths: Vec<usize>,
}

impl Table {
    /// Columns with their widths; the first is set to the left.
    pub(crate) fn begin(title: &str, columns: &[(&str, usize)]) -> anyhow::Result<Self> {
        let table = Self {
            widths: columns.iter().map(|(_, width)| *width).collect(),
        };
        writeln!(stdout(), "\n{title}")?;
        let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        table.row(&names)?;
        Ok(table)
    }

    pub(crate) fn row(&self, cells: &[String]) -> anyhow::Result<()> {
        let mut line = String::new();
        for (number, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            let cell = if number == 0 {
                format!("{cell:<width$}")
            } else {
                format!("  {cell:>width$}")
            };
            line += &cell;
        }
        Self::note(line.trim_end())
    }

    /// A line below a row or a table.
    pub(crate) fn note(text: &str) -> anyhow::Result<()> {
        writeln!(stdout(), "{text}")?;
        Ok(stdout().flush()?)
    }
}
