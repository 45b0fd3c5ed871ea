//! Values in foreign JSON. Each may be missing or have another type.

use jiff::Timestamp;
use serde_json::Value;

/// The maximum length of a text that is kept, in bytes. Media types are much shorter.
const TEXT_MAX: usize = 255;

/// Returns a text that is not empty.
pub(super) fn text<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry[key].as_str().filter(|text| !text.is_empty() && text.len() <= TEXT_MAX)
}

/// Returns a value that is written as text.
pub(super) fn parsed<T: std::str::FromStr>(entry: &Value, key: &str) -> Option<T> {
    text(entry, key)?.parse().ok()
}

/// Returns a time in RFC 3339. Registries written in Go send the year 1 for a time that never was.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    let moment: Timestamp = value.as_str()?.parse().ok()?;
    (moment > Timestamp::UNIX_EPOCH).then_some(moment)
}

/// Returns a size, as a number or as text. Zero stands for an unknown size.
pub(super) fn size(value: &Value) -> Option<u64> {
    let size = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    (size > 0).then_some(size)
}

/// Returns a time in milliseconds since 1970, as Google writes it.
pub(super) fn milliseconds(value: &Value) -> Option<Timestamp> {
    Timestamp::from_millisecond(value.as_str()?.parse().ok()?).ok()
}
