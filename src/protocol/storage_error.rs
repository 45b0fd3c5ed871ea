//! Errors of storage servers: XML of S3 and similar ones, or a line of text.

/// Maximum number of characters that are shown.
const SHOWN: usize = 200;

/// Maximum number of bytes that are examined.
const LOOKED_AT: usize = 16 * 1024;

/// Returns the message of an error that does not come from a registry: `Code: Message` of S3, Google and
/// Azure, or the first line of plain text. Returns `None` for web pages.
///
/// The message is foreign text: short, on one line and without control characters, but not trustworthy.
pub fn storage_words(content_type: Option<&str>, body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
    let text = text.trim_start_matches('\u{feff}').trim();
    let words = if text.starts_with('<') {
        let parts = ["Code", "Message"].iter().filter_map(|name| element(text, name));
        parts.collect::<Vec<_>>().join(": ")
    } else if content_type.is_some_and(|kind| kind.trim_start().starts_with("text/plain")) {
        text.lines().next().unwrap_or_default().to_owned()
    } else {
        return None;
    };
    let words = shortened(&words);
    (!words.is_empty()).then_some(words)
}

/// Returns the text of the first element of this name that has no attributes.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = after.split_once(&format!("</{name}>"))?;
    let text = text.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>");
    // The ampersand comes last, or `&amp;lt;` would become a bracket.
    let escapes = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(escapes.iter().fold(text.to_owned(), |text, (escape, meant)| text.replace(escape, meant)))
}

/// Puts the text on one line and shortens it to a readable length.
fn shortened(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r12_the_words_of_storages_are_found() {
        let s3 = br#"<?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the
            current time is too large.</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>"#;
        let words = "RequestTimeTooSkewed: The difference between the request time and the current time is too large.";
        assert_eq!(storage_words(Some("application/xml"), s3).as_deref(), Some(words));
        let azure = "\u{feff}<Error><Code>AuthenticationFailed</Code></Error>";
        assert_eq!(storage_words(None, azure.as_bytes()).as_deref(), Some("AuthenticationFailed"));
        let escaped = b"<Error><Message>a &amp;lt; b\x1b[2J &quot;c&quot;</Message></Error>";
        assert_eq!(storage_words(None, escaped).as_deref(), Some("a &lt; b [2J \"c\""));
        assert_eq!(
            storage_words(Some("text/plain"), b"URL has expired\nmore").as_deref(),
            Some("URL has expired")
        );
        for (kind, body) in
            [(Some("text/html"), "<html><p>403</p></html>"), (None, "gone"), (Some("text/plain"), " ")]
        {
            assert_eq!(storage_words(kind, body.as_bytes()), None, "{body}");
        }
        let long = storage_words(Some("text/plain"), "x".repeat(60_000).as_bytes()).unwrap();
        assert_eq!(long.chars().count(), SHOWN + 1);
    }

    proptest! {
        #[test]
        fn no_body_makes_it_fail(body in "(<Code>|</Code>|<Message>|</Message>|<!\\[CDATA\\[|.){0,40}") {
            if let Some(words) = storage_words(Some("text/plain"), body.as_bytes()) {
                prop_assert!(!words.contains(char::is_control) && words.chars().count() <= SHOWN + 1);
            }
        }
    }
}
