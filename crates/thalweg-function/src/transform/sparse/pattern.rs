//! [`Pattern`]: where a sparse matrix has its nonzeros.

use std::fmt;

/// The places of the nonzeros of a sparse matrix, column by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    rows: usize,
    columns: usize,
    column_starts: Vec<usize>,
    row_indices: Vec<u32>,
}

impl Pattern {
    /// From the columns of the nonzeros in each row, in rising order.
    pub(super) fn from_rows<R: AsRef<[u32]>>(columns: usize, rows: &[R]) -> Self {
        let mut column_starts = vec![0; columns + 1];
        for &column in rows.iter().flat_map(AsRef::as_ref) {
            column_starts[column as usize + 1] += 1;
        }
        for k in 0..columns {
            column_starts[k + 1] += column_starts[k];
        }
        let mut next = column_starts.clone();
        let mut row_indices = vec![0; column_starts[columns]];
        for (row, in_row) in rows.iter().enumerate() {
            for &column in in_row.as_ref() {
                row_indices[next[column as usize]] = row as u32;
                next[column as usize] += 1;
            }
        }
        Pattern { rows: rows.len(), columns, column_starts, row_indices }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of nonzeros.
    pub fn nonzeros(&self) -> usize {
        self.row_indices.len()
    }

    /// For each column the number of nonzeros in the columns before it, and at the end that of all.
    pub fn column_starts(&self) -> &[usize] {
        &self.column_starts
    }

    /// The rows of all nonzeros, column by column, in rising order within a column.
    pub fn row_indices(&self) -> &[u32] {
        &self.row_indices
    }

    /// The rows of the nonzeros of one column, in rising order.
    pub fn column(&self, column: usize) -> &[u32] {
        &self.row_indices[self.column_starts[column]..self.column_starts[column + 1]]
    }

    /// Whether there is a nonzero at this place.
    pub fn contains(&self, row: usize, column: usize) -> bool {
        column < self.columns && self.column(column).binary_search(&(row as u32)).is_ok()
    }

    /// The pattern of the transposed matrix.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let columns: Vec<_> = (0..self.columns).map(|k| self.column(k)).collect();
        Self::from_rows(self.rows, &columns)
    }

    /// A colour for each column, so that no two columns of one colour have a nonzero in a common row: the first free one for
    /// each column in turn, those with the most nonzeros first.
    pub(super) fn colours(&self) -> Vec<u32> {
        let by_row = self.transposed();
        let mut order: Vec<_> = (0..self.columns).collect();
        order.sort_by_key(|&k| std::cmp::Reverse(self.column(k).len()));
        let mut colours = vec![u32::MAX; self.columns];
        // For each colour, the last column that it was forbidden for.
        let mut forbidden: Vec<usize> = Vec::new();
        for &column in &order {
            let rows = self.column(column).iter();
            for &neighbour in rows.flat_map(|&row| by_row.column(row as usize)) {
                if let Some(last) = forbidden.get_mut(colours[neighbour as usize] as usize) {
                    *last = column;
                }
            }
            let free = forbidden.iter().position(|&last| last != column).unwrap_or_else(|| {
                forbidden.push(usize::MAX);
                forbidden.len() - 1
            });
            colours[column] = free as u32;
        }
        colours
    }
}

impl fmt::Display for Pattern {
    /// An `x` for each nonzero and a `.` for each zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in 0..self.rows {
            let mark = |column| if self.contains(row, column) { 'x' } else { '.' };
            writeln!(f, "{}", (0..self.columns).map(mark).collect::<String>())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_one_colour_share_no_row() {
        let rows: Vec<Vec<u32>> =
            (0..40_u32).map(|i| (0..30).filter(|j| (i * 7 + j * j * 3) % 11 == 0).collect()).collect();
        let pattern = Pattern::from_rows(30, &rows);
        let colours = pattern.colours();
        for (i, row) in rows.iter().enumerate() {
            let mut seen: Vec<_> = row.iter().map(|&j| colours[j as usize]).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), row.len(), "row {i}");
        }
        assert_eq!(pattern.transposed().transposed(), pattern);
    }
}
