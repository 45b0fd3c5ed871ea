//! `WWW-Authenticate`: the credentials that a server asks for.

/// One challenge of a `WWW-Authenticate` header. See
/// [RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Parses all challenges of one header value, in their order.
    ///
    /// Servers write this header in many ways. An unreadable part ends the list and is not an error.
    pub fn parse_all(header: &str) -> Vec<Self> {
        let mut scanner = Scanner { rest: header };
        let mut challenges: Vec<Self> = Vec::new();
        loop {
            scanner.skip(|c| c == ',' || c.is_ascii_whitespace());
            let Some(word) = scanner.token() else { return challenges };
            scanner.skip(|c| c.is_ascii_whitespace());
            match (scanner.parameter_value(), challenges.last_mut()) {
                (Some(value), Some(challenge)) => {
                    challenge.parameters.push((word.to_ascii_lowercase(), value));
                }
                (Some(_), None) => return challenges,
                (None, _) => {
                    challenges.push(Self { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
                    scanner.skip_token68();
                }
            }
        }
    }

    /// Returns the scheme in lower case: `bearer`, `basic`, …
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns the value of a parameter. `name` is in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn skip(&mut self, fits: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(fits);
    }

    fn token(&mut self) -> Option<&'a str> {
        let end = self.rest.find(|c: char| !is_token(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    /// Parses `= value`, with the value in quotes or bare. A bare value ends at the next comma or space,
    /// since some servers forget the quotes around URLs.
    fn parameter_value(&mut self) -> Option<String> {
        let after = self.rest.strip_prefix('=')?.trim_start();
        if let Some(quoted) = after.strip_prefix('"') {
            return Some(self.quoted(quoted));
        }
        let end = after.find(|c: char| c == ',' || c.is_ascii_whitespace()).unwrap_or(after.len());
        let (value, rest) = after.split_at(end);
        self.rest = rest;
        Some(value.to_owned())
    }

    fn quoted(&mut self, text: &'a str) -> String {
        let mut value = String::new();
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &text[at + 1..];
                    return value;
                }
                '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
                _ => value.push(c),
            }
        }
        self.rest = "";
        value
    }

    /// Skips the bare base64 word that follows some schemes, as in `Negotiate YII…==`. No caller reads it.
    fn skip_token68(&mut self) {
        let word = self.rest.split(|c: char| c == ',' || c.is_ascii_whitespace()).next().unwrap_or("");
        let body = word.trim_end_matches('=');
        let is_token68 = word.len() > body.len() || (!body.is_empty() && self.rest.len() == word.len());
        if is_token68 && !body.contains(['=', '"']) {
            self.rest = &self.rest[word.len()..];
        }
    }
}

/// Reports whether the character belongs to a `token` of RFC 9110, section 5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn parse(header: &str) -> Vec<(String, Vec<(String, String)>)> {
        Challenge::parse_all(header).into_iter().map(|c| (c.scheme, c.parameters)).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_bearer_challenge_has_its_realm_service_and_scope() {
        let header = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/ubuntu:pull,push""#;
        let [challenge] = &Challenge::parse_all(header)[..] else { panic!("one challenge") };
        assert_eq!(challenge.scheme(), "bearer");
        assert_eq!(challenge.parameter("realm"), Some("https://auth.docker.io/token"));
        assert_eq!(challenge.parameter("service"), Some("registry.docker.io"));
        assert_eq!(challenge.parameter("scope"), Some("repository:library/ubuntu:pull,push"));
    }

    #[test]
    fn several_challenges_in_one_header_are_told_apart() {
        let header = r#"Negotiate, Basic realm="a, b", BEARER Realm = "https://x/t" , service=y"#;
        let expected = vec![
            ("negotiate".to_owned(), vec![]),
            ("basic".to_owned(), pairs(&[("realm", "a, b")])),
            ("bearer".to_owned(), pairs(&[("realm", "https://x/t"), ("service", "y")])),
        ];
        assert_eq!(parse(header), expected);
    }

    #[test]
    fn odd_spellings_are_read() {
        assert_eq!(parse("Basic"), [("basic".to_owned(), vec![])]);
        assert_eq!(
            parse("Bearer realm=https://x/t?a=b,service=z")[0].1,
            pairs(&[("realm", "https://x/t?a=b"), ("service", "z")])
        );
        assert_eq!(parse(r#"Basic realm="say \"hi\"""#)[0].1, pairs(&[("realm", "say \"hi\"")]));
        assert_eq!(parse("Negotiate YIIabc==, Basic realm=x").len(), 2);
        assert_eq!(parse(r#"Bearer realm="cut"#)[0].1, pairs(&[("realm", "cut")]));
    }

    #[test]
    fn the_longest_header_that_http_takes_is_read_in_no_time() {
        for words in ["a\t", "a ", "a,", "a=\t", "a=\"", "a\tb=="] {
            let header = format!("{}=\"", words.repeat(200_000));
            let begun = Instant::now();
            Challenge::parse_all(&header);
            assert!(begun.elapsed() < Duration::from_secs(5), "{words:?}");
        }
    }

    /// Writes challenges as a careful server does.
    fn written(challenges: &[Challenge]) -> String {
        let quoted = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"");
        let parameter = |(name, value): &(String, String)| format!("{name}=\"{}\"", quoted(value));
        let challenge = |challenge: &Challenge| {
            let parameters: Vec<String> = challenge.parameters.iter().map(parameter).collect();
            format!("{} {}", challenge.scheme, parameters.join(", "))
        };
        challenges.iter().map(challenge).collect::<Vec<_>>().join(", ")
    }

    fn challenges() -> impl Strategy<Value = Vec<Challenge>> {
        let parameters = prop::collection::vec(("[a-z0-9!#$.^_`|~/-]{1,8}", any::<String>()), 0..4);
        let challenge = ("[a-z0-9!#$.^_`|~/-]{1,8}", parameters)
            .prop_map(|(scheme, parameters)| Challenge { scheme, parameters });
        prop::collection::vec(challenge, 0..4)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(challenges in challenges()) {
            prop_assert_eq!(Challenge::parse_all(&written(&challenges)), challenges);
        }

        #[test]
        fn no_header_makes_it_fail(header in ".{0,200}") {
            Challenge::parse_all(&header);
        }
    }
}
