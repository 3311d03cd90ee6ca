//! Values as columns have them.

use rusqlite::{Row, types::Type};
use std::{error::Error, str::FromStr};
use strowger_model::{CallId, Timestamp};

/// A call id as the text that it is.
pub(super) fn text(id: &[u8; CallId::LENGTH]) -> &str {
    str::from_utf8(id).unwrap_or_default()
}

/// The first id that a call can have that came in then or later.
pub(super) fn first_since(at: Timestamp) -> String {
    CallId::next(at.0, None).to_string()
}

/// A bound for what is before a moment; none: there is none.
pub(super) fn until(at: Option<Timestamp>) -> u64 {
    at.map_or(i64::MAX as u64, |at| at.0.min(i64::MAX as u64))
}

pub(super) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| wrong(column, error))
}

pub(super) fn parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error| wrong(column, error))
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<u64>>(column)?.map(Timestamp))
}

pub(super) fn wrong(column: usize, error: impl Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// What of a column is not a sign that stands between the digits of a telephone number.
pub(super) fn digits(column: &str) -> String {
    let signs = [" ", ".", "-", "/", "(", ")", "+"];
    signs.iter().fold(column.to_owned(), |column, sign| format!("replace({column}, '{sign}', '')"))
}

/// Whether a column says the digits `?1`, with or without signs between them.
pub(super) fn says(column: &str) -> String {
    format!("instr({}, ?1) > 0", digits(column))
}
