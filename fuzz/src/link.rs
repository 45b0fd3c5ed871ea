//! `Link`, the address of the next page of a list.

use regcli::protocol::next_link;

/// A parsed link is a part of the header, and survives a round trip through a well-formed header.
pub fn check(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    let Ok(Some(target)) = next_link(header) else { return };
    assert!(header.contains(target) && !target.contains('>'));
    assert_eq!(next_link(&format!("<{target}>; rel=\"next\"")), Ok(Some(target)));
    assert_eq!(next_link(&format!("</first>; rel=first, <{target}>; REL=next")), Ok(Some(target)));
}
