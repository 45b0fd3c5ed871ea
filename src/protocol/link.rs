//! `Link`: where the next page of a list is.

/// The target of `rel="next"` in a `Link` header, as it stands there: a URL or a path.
///
/// See [RFC 8288](https://www.rfc-editor.org/rfc/rfc8288). A link without `rel` is taken too, since some
/// registries leave it out and send no other links.
pub fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, after) = rest[start + 1..].split_once('>')?;
        let (parameters, after) = after.split_once(',').unwrap_or((after, ""));
        let relation = parameters.split(';').filter_map(|p| p.split_once('=')).find_map(|(key, value)| {
            key.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
        });
        if relation.is_none_or(|relation| relation.split(' ').any(|r| r.eq_ignore_ascii_case("next"))) {
            return Some(target);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        assert_eq!(next_link(r#"</v2/_catalog?last=b&n=2>; rel="next""#), Some("/v2/_catalog?last=b&n=2"));
        assert_eq!(next_link(r#"<http://x/a>; rel=prev, <http://x/c>; rel=next"#), Some("http://x/c"));
        assert_eq!(next_link("</v2/x/tags/list?n=2>"), Some("/v2/x/tags/list?n=2"));
        assert_eq!(next_link(r#"</a>; rel="prev""#), None);
        assert_eq!(next_link("nonsense <"), None);
        assert_eq!(next_link(""), None);
    }
    #[test]
    fn the_longest_header_that_http_takes_is_read_in_no_time() {
        for link in ["<>;rel=x", "<>;rel=x,", "<", "<>;"] {
            let begun = Instant::now();
            next_link(&link.repeat(100_000));
            assert!(begun.elapsed() < Duration::from_secs(5), "{link:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(target in "[^>]*", others in prop::collection::vec("[^>]*", 0..3)) {
            let others: String = others.iter().map(|other| format!("<{other}>; rel=\"prev\", ")).collect();
            let header = format!("{others}<{target}>; rel=\"next\"");
            prop_assert_eq!(next_link(&header), Some(&*target));
            prop_assert_eq!(next_link(&others), None);
        }

        #[test]
        fn no_header_makes_it_fail(header in "[<>;=,\" relnxt]{0,60}|.{0,60}") {
            prop_assert!(next_link(&header).is_none_or(|target| header.contains(target)));
        }
    }
}
