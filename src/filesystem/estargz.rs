//! The footer of eStargz layers, which says where their table of contents is.
//!
//! A layer ends with an empty gzip member whose extra field has the offset of the table. The older stargz has the
//! same field without the subfield header of RFC 1952. See
//! <https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md>.

/// The annotation of a layer with the digest of its table: that of the uncompressed JSON.
pub(super) const DIGEST: &str = "containerd.io/snapshot/stargz/toc.digest";

/// The size of the footer in bytes.
pub(super) const FOOTER: u64 = 51;

/// What follows the offset in the extra field.
const MAGIC: &[u8] = b"STARGZ";

/// The name of the only file in the tar of the table.
pub(super) const TABLE_NAME: &[u8] = b"stargz.index.json";

/// Returns the offset of the table. `footer` is the end of the layer.
pub fn table_offset(footer: &[u8]) -> Option<u64> {
    let footer = footer.last_chunk::<{ FOOTER as usize }>()?;
    let [header @ .., _, _, _, _, _, _, _, _, _, _, _, _, _] = footer;
    let field = match header {
        // 26 bytes of extra field: the subfield SG of 22 bytes.
        [0x1f, 0x8b, 8, 4, _, _, _, _, _, 255, 26, 0, b'S', b'G', 22, 0, field @ ..] => field,
        [_, _, _, _, 0x1f, 0x8b, 8, 4, _, _, _, _, _, 255, 22, 0, field @ ..] => field,
        _ => return None,
    };
    let digits = field.strip_suffix(MAGIC)?;
    let are_hex = digits.len() == 16 && digits.iter().all(u8::is_ascii_hexdigit);
    u64::from_str_radix(str::from_utf8(digits).ok().filter(|_| are_hex)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer(extra: &[u8]) -> Vec<u8> {
        let mut footer = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255];
        footer.extend([extra.len() as u8, 0]);
        footer.extend_from_slice(extra);
        footer.extend([1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
        footer
    }

    #[test]
    fn both_kinds_of_footers_are_read() {
        let new = footer(b"SG\x16\x000000000000abc123STARGZ");
        assert_eq!((new.len() as u64, table_offset(&new)), (FOOTER, Some(0xab_c123)));
        let old = [&[9; 4], &*footer(b"0000000000000010STARGZ")].concat();
        assert_eq!((old.len() as u64, table_offset(&old)), (FOOTER, Some(16)));
    }

    #[test]
    fn anything_else_is_not_a_footer() {
        for other in [&b""[..], &[0; 51], &footer(b"SG\x16\x00+000000000abc123STARGZ")] {
            assert_eq!(table_offset(other), None);
        }
        assert_eq!(table_offset(&footer(b"SG\x16\x000000000000abc123STARGY")), None);
    }
}
