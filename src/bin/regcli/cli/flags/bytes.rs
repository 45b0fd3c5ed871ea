//! Numbers of bytes.

use std::num::NonZeroU64;

/// Parses a number of bytes. The suffixes `k`, `M` and `G` are powers of a thousand.
pub(crate) fn bytes(text: &str) -> Result<NonZeroU64, String> {
    let (digits, factor) = match text.char_indices().last() {
        Some((end, 'k' | 'K')) => (&text[..end], 1_000),
        Some((end, 'm' | 'M')) => (&text[..end], 1_000_000),
        Some((end, 'g' | 'G')) => (&text[..end], 1_000_000_000),
        _ => (text, 1),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    bytes.and_then(NonZeroU64::new).ok_or_else(|| "must be a number of bytes, such as 500k or 2M".to_owned())
}
