//! `Range` and `Content-Range`, the positions of bytes in a blob.

use regcli::protocol::{ByteRange, ContentRange};

/// A parsed range is consistent and survives a round trip.
pub fn check(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    if let Some(range) = ByteRange::parse(header) {
        assert_eq!(ByteRange::parse(&range.to_string()), Some(range));
        for size in [0, 1, 1000, u64::MAX] {
            if let Ok(resolved) = range.resolve(size) {
                assert!(resolved.start < resolved.end && resolved.end <= size);
                assert_eq!(
                    ByteRange::of(&resolved).and_then(|range| range.resolve(size).ok()),
                    Some(resolved)
                );
            }
        }
    }
    if let Ok(answer) = ContentRange::parse(header) {
        assert_eq!(ContentRange::parse(&answer.to_string()).as_ref(), Ok(&answer));
        if let Some(range) = &answer.range {
            assert!(range.start < range.end);
            assert!(answer.size.is_none_or(|size| range.end <= size));
            let chunk = ContentRange::chunk(range).expect("it is not empty");
            assert_eq!(ContentRange::parse(&chunk).map(|chunk| chunk.range), Ok(Some(range.clone())));
        }
    }
}
