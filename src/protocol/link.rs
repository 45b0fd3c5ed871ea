//! `Link`: the location of the next page of a list.

/// Maximum number of characters of a header that an error shows.
const SHOWN: usize = 100;

/// A `Link` header that cannot be read. It may have named the next page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its Link header cannot be read: {0:?}")]
pub struct UnreadableLink(String);

/// One link of a header.
struct Link<'a> {
    target: &'a str,
    /// The value of its first `rel`.
    relation: Option<&'a str>,
}

/// Returns the target of `rel="next"` in a `Link` header, unchanged: a URL or a path.
///
/// Join several header lines with commas first. See [RFC 8288](https://www.rfc-editor.org/rfc/rfc8288),
/// section 3. This also accepts what registries send:
///
/// * a target without angle brackets that has a relation (Quay before 2017),
/// * a relation in single quotes,
/// * a link without a relation, if no other link is named as the next page.
///
/// # Errors
/// [`UnreadableLink`] if a part of the header is malformed: it may have been the link to the next page.
pub fn next_link(header: &str) -> Result<Option<&str>, UnreadableLink> {
    let mut rest = header;
    let mut unnamed = None;
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            return Ok(unnamed);
        }
        let Some((link, after)) = read(rest) else { return Err(unreadable(rest)) };
        let is_next = |relation: &str| {
            relation.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
        };
        match link.relation {
            Some(relation) if is_next(relation) => return Ok(Some(link.target)),
            Some(_) => {}
            None => unnamed = unnamed.or(Some(link.target)),
        }
        rest = after;
    }
}

fn unreadable(rest: &str) -> UnreadableLink {
    UnreadableLink(rest.chars().take(SHOWN).collect())
}

/// Reads the first link of the header. Returns the rest of the header after the comma, too.
fn read(header: &str) -> Option<(Link<'_>, &str)> {
    let (target, mut rest) = match header.strip_prefix('<') {
        Some(bracketed) => bracketed.split_once('>')?,
        None => bare(header),
    };
    let mut relation = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with(',') {
            break;
        }
        let (name, value, after) = parameter(rest.strip_prefix(';')?)?;
        if name.eq_ignore_ascii_case("rel") {
            relation = relation.or(value);
        }
        rest = after;
    }
    let is_bare = !header.starts_with('<');
    let is_url = !target.is_empty() && !target.contains(['<', '>', '"', ' ', '\t']);
    if is_bare && !(is_url && relation.is_some()) {
        return None;
    }
    Some((Link { target, relation }, rest))
}

/// Splits off a target without brackets. It ends before its parameters, or where another link begins.
fn bare(header: &str) -> (&str, &str) {
    let end = header.find(';').unwrap_or(header.len());
    let end = [", ", ",<"].iter().filter_map(|next| header[..end].find(next)).min().unwrap_or(end);
    (header[..end].trim_end_matches([' ', '\t']), &header[end..])
}

/// Reads a parameter after its semicolon. Returns its name, its value if it has one, and the rest.
fn parameter(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, rest) = (text[..end].trim_end_matches([' ', '\t']), &text[end..]);
    let Some(value) = rest.strip_prefix('=') else { return Some((name, None, rest)) };
    let value = value.trim_start_matches([' ', '\t']);
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let end = closing(quoted, quote)?;
            return Some((name, Some(&quoted[..end]), &quoted[end + 1..]));
        }
    }
    let end = value.find([';', ',']).unwrap_or(value.len());
    // A comma is missing before another link.
    let is_token = !value[..end].contains('<');
    is_token.then(|| (name, Some(value[..end].trim_end_matches([' ', '\t'])), &value[end..]))
}

/// Returns the end of a quoted string.
fn closing(quoted: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    quoted.char_indices().find_map(|(index, character)| {
        let ends = character == quote && !escaped;
        escaped = character == '\\' && !escaped;
        ends.then_some(index)
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (header, next) in [
            (r#"</v2/_catalog?last=b&n=2>; rel="next""#, Some("/v2/_catalog?last=b&n=2")),
            ("<http://x/a>; rel=prev, <http://x/c>; rel=next", Some("http://x/c")),
            ("</v2/x/tags/list?n=2>", Some("/v2/x/tags/list?n=2")),
            ("</a>;rel=prev", None),
            ("", None),
            (" , ,", None),
            (r#"</a?x,y;z>; title="a, b; rel=prev, <c>"; rel="last next""#, Some("/a?x,y;z")),
            (r#"</a>; title="\", </b>; rel=next"; rel=prev, </c>; REL = Next ; x"#, Some("/c")),
            ("</a>; rel=prev; rel=next", None),
            ("</a>, </b>; rel=next", Some("/b")),
        ] {
            assert_eq!(next_link(header), Ok(next), "{header}");
        }
    }

    #[test]
    fn r5_links_are_read_as_registries_write_them() {
        for (header, next) in [
            (r#"/v2/_catalog?next_page=x; rel="next""#, "/v2/_catalog?next_page=x"),
            ("/v2/x/tags/list?last=a,b; rel=next", "/v2/x/tags/list?last=a,b"),
            ("/v2/y; rel=prev, /v2/z; rel=next", "/v2/z"),
            ("</v2/x>; rel='next'", "/v2/x"),
            (r#"</main.css>; rel=preload; as=style, </v2/x>; rel="next""#, "/v2/x"),
        ] {
            assert_eq!(next_link(header), Ok(Some(next)), "{header}");
        }
    }

    #[test]
    fn r5_what_is_no_link_is_no_end_of_a_list() {
        for header in [
            "nonsense <",
            r#"</v2/x; rel="next""#,
            "/v2/x",
            r#"</v2/x>; rel="next"#,
            "</v2/x> rel=next",
            "</a>; rel=prev, \u{fffd}",
            r#"; rel="next""#,
            "</a>; rel=prev </b>; rel=next",
            "/a>; rel=next",
        ] {
            let error = next_link(header).expect_err(header).to_string();
            assert!(error.starts_with("its Link header cannot be read: "), "{error}");
        }
        assert!(next_link(&"x".repeat(60_000)).unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn the_longest_header_that_http_takes_is_read_in_no_time() {
        for link in [
            "<>;rel=x",
            "<>;rel=x,",
            "<",
            "<>;",
            "</a>;rel=prev,",
            "a;rel=x,",
            "a,",
            "<a>;x=\"",
            "<a>;x=\\\",",
        ] {
            let begun = Instant::now();
            let _ = next_link(&link.repeat(100_000));
            assert!(begun.elapsed() < Duration::from_secs(5), "{link:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(target in "[^>]*", others in prop::collection::vec("[^>]*", 0..3)) {
            let others: String = others.iter().map(|other| format!("<{other}>; rel=\"prev\", ")).collect();
            let header = format!("{others}<{target}>; rel=\"next\"");
            prop_assert_eq!(next_link(&header), Ok(Some(&*target)));
            prop_assert_eq!(next_link(&others), Ok(None));
        }

        #[test]
        fn no_header_makes_it_fail(header in "[<>;=,\" relnxt]{0,60}|.{0,60}") {
            if let Ok(Some(target)) = next_link(&header) {
                prop_assert!(header.contains(target));
            }
        }
    }
}
