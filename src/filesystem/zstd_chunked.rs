//! The footer of zstd:chunked layers, which says where their table of contents is.
//!
//! The footer is in a skippable frame at the end of the layer; annotations of the layer have the same numbers. See
//! `pkg/chunked/internal` of <https://github.com/containers/storage>.

use std::ops::Range;

/// The annotation of a layer with the digest of its table: that of the compressed JSON.
pub(super) const DIGEST: &str = "io.github.containers.zstd-chunked.manifest-checksum";

/// The annotation of a layer with the position of its table: `offset:compressed:uncompressed:type`.
pub(super) const POSITION: &str = "io.github.containers.zstd-chunked.manifest-position";

/// The size of the footer in bytes.
pub(super) const FOOTER: u64 = 64;

/// The last bytes of the footer.
const MAGIC: &[u8; 8] = b"GNUlInUx";

/// The only type of table: the one with the entries of a tar in CRFS's format.
const TYPE: u64 = 1;

/// Returns where the table is, by its annotation.
pub fn table_by_annotation(annotation: &str) -> Option<Range<u64>> {
    let numbers: Option<Vec<u64>> = annotation.split(':').map(|number| number.parse().ok()).collect();
    match numbers?[..] {
        [offset, compressed, _, TYPE] => range(offset, compressed),
        _ => None,
    }
}

/// Returns where the table is. `footer` is the end of the layer.
pub fn table_by_footer(footer: &[u8]) -> Option<Range<u64>> {
    let (numbers, magic) = footer.last_chunk::<{ FOOTER as usize }>()?.split_last_chunk::<8>()?;
    let number = |index: usize| numbers.as_chunks::<8>().0.get(index).copied().map(u64::from_le_bytes);
    let is_known = magic == MAGIC && number(3)? == TYPE;
    range(number(0)?, number(1)?).filter(|_| is_known)
}

fn range(offset: u64, compressed: u64) -> Option<Range<u64>> {
    Some(offset..offset.checked_add(compressed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer(numbers: [u64; 7]) -> Vec<u8> {
        let mut footer: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        footer.extend_from_slice(MAGIC);
        footer
    }

    #[test]
    fn annotation_and_footer_say_the_same() {
        assert_eq!(table_by_annotation("100:20:300:1"), Some(100..120));
        assert_eq!(table_by_footer(&footer([100, 20, 300, 1, 0, 0, 0])), Some(100..120));
    }

    #[test]
    fn other_types_and_impossible_positions_are_refused() {
        for other in ["", "1", "1:2:3:2", "1:2:3:1:5", "-1:2:3:1", "18446744073709551615:1:1:1"] {
            assert_eq!(table_by_annotation(other), None, "{other}");
        }
        for other in
            [footer([1, 2, 3, 2, 0, 0, 0]), footer([u64::MAX, 1, 1, 1, 0, 0, 0]), vec![0; 64], vec![]]
        {
            assert_eq!(table_by_footer(&other), None);
        }
    }
}
