//! Values as columns have them.

use rusqlite::{
    Connection, Row,
    functions::FunctionFlags,
    types::{Type, ValueRef},
};
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

/// A bound for what is from a moment on; none: there is none.
pub(super) fn since(at: Option<Timestamp>) -> u64 {
    at.map_or(0, |at| at.0.min(i64::MAX as u64))
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

/// Whether a column says the number of the digits `?1`, with or without signs between them, and not
/// a longer one in which they occur.
pub(super) fn says(column: &str) -> String {
    format!("instr({}, ?1) > 0 AND {SAYS}({column}, ?1)", digits(column))
}

/// The function of a connection by which SQL asks whether a text says a number.
pub(crate) const SAYS: &str = "says_number";

/// Gives a connection the function [`SAYS`].
pub(crate) fn give_says(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(SAYS, 2, flags, |arguments| {
        let bytes = |index| match arguments.get_raw(index) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
            _ => b"",
        };
        Ok(says_number(bytes(0), bytes(1)))
    })
}

/// Whether a text has these digits, perhaps with signs between them, and no further digit before or
/// behind.
fn says_number(text: &[u8], digits: &[u8]) -> bool {
    let ends = |from: usize| {
        let mut at = from;
        for digit in digits {
            while text.get(at).is_some_and(|sign| at > from && b" .-/()+".contains(sign)) {
                at += 1;
            }
            (text.get(at) == Some(digit)).then_some(())?;
            at += 1;
        }
        Some(at)
    };
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    (0..text.len()).any(|from| {
        !from.checked_sub(1).is_some_and(is_digit) && ends(from).is_some_and(|end| !is_digit(end))
    })
}

#[cfg(test)]
mod tests {
    use super::says_number;

    #[test]
    fn a_longer_number_is_another() {
        for (text, says) in [
            ("+32470123456", true),
            ("bel 32 470/12.34.56, of 101", true),
            ("\"+32 470 12 34 56\" 7", true),
            ("+324701234567", false),
            ("132470123456", false),
            ("+3247012345", false),
            ("", false),
        ] {
            assert_eq!(says_number(text.as_bytes(), b"32470123456"), says, "{text}");
        }
        assert!(says_number(b"\xff\x0c+32470123456\x00", b"32470123456"), "within bytes");
    }
}
