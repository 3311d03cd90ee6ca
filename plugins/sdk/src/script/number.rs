//! Telephone numbers as people key them.

/// A number as it was keyed in a country, such as `+32`: `00` international, `0` national. None:
/// neither.
pub(super) fn in_full(keyed: &str, country: &str) -> Option<String> {
    match (keyed.strip_prefix("00"), keyed.strip_prefix('0')) {
        (Some(number), _) => Some(format!("+{number}")),
        (None, Some(number)) => Some(format!("{country}{number}")),
        (None, None) => None,
    }
}
