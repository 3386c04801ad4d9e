//! Histories as Parquet, the table format of Apache Arrow, pandas, Polars and DuckDB.

use super::{COLUMNS, History};
use parquet::{
    data_type::{DoubleType, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::{parser::parse_message_type, types::Type},
};
use std::{fmt::Write, sync::Arc};

impl History {
    /// The columns of [`to_csv`](Self::to_csv) as one row group: `step` in 64-bit integers, all others in double precision, null where
    /// nothing was computed.
    ///
    /// # Errors
    /// Never for a history that fits in memory; the library's own words otherwise.
    ///
    /// ```
    /// use thalweg_train::history::{History, Record};
    /// let history: History = [Record { step: 1, loss: 0.5, ..Record::default() }].into_iter().collect();
    /// assert!(history.to_parquet()?.starts_with(b"PAR1"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn to_parquet(&self) -> std::io::Result<Vec<u8>> {
        self.parquet().map_err(std::io::Error::other)
    }

    fn parquet(&self) -> Result<Vec<u8>, ParquetError> {
        let mut file =
            SerializedFileWriter::new(Vec::new(), schema()?, Arc::new(WriterProperties::builder().build()))?;
        let mut rows = file.next_row_group()?;
        if let Some(mut column) = rows.next_column()? {
            let steps: Vec<i64> = self.records().iter().map(|record| record.step as i64).collect();
            column.typed::<Int64Type>().write_batch(&steps, None, None)?;
            column.close()?;
        }
        for (_, get, _) in COLUMNS {
            let cells: Vec<_> = self.records().iter().map(get).collect();
            let values: Vec<f64> = cells.iter().flatten().copied().collect();
            // 1 where there is a value, 0 where there is none.
            let present: Vec<i16> = cells.iter().map(|cell| cell.is_some().into()).collect();
            if let Some(mut column) = rows.next_column()? {
                column.typed::<DoubleType>().write_batch(&values, Some(&present), None)?;
                column.close()?;
            }
        }
        rows.close()?;
        file.into_inner()
    }
}

fn schema() -> Result<Arc<Type>, ParquetError> {
    let mut text = String::from("message history { REQUIRED INT64 step;");
    for (name, ..) in COLUMNS {
        let _ = write!(text, " OPTIONAL DOUBLE {name};");
    }
    text.push_str(" }");
    Ok(Arc::new(parse_message_type(&text)?))
}
