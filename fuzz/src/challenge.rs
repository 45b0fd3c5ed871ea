//! `WWW-Authenticate`, which says where credentials are sent.

use regcli::protocol::Challenge;

/// The parameters that regcli reads.
const NAMES: [&str; 4] = ["realm", "service", "scope", "error"];

/// A parsed challenge survives a round trip through a well-formed header.
pub fn check(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    let challenges = Challenge::parse_all(header);
    assert!(challenges.len() <= header.len());
    for challenge in &challenges {
        assert!(
            !challenge.scheme().is_empty() && !challenge.scheme().bytes().any(|b| b.is_ascii_uppercase())
        );
        let again = Challenge::parse_all(&written(challenge));
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].scheme(), challenge.scheme());
        for name in NAMES {
            assert_eq!(again[0].parameter(name), challenge.parameter(name));
        }
    }
    // Challenges are parsed one after the other, so that an earlier one does not change a later one.
    let behind = Challenge::parse_all(&format!("Basic realm=\"a\", {header}"));
    assert!(behind.len() > challenges.len());
}

fn written(challenge: &Challenge) -> String {
    let quoted = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"");
    let parameters = NAMES.iter().filter_map(|name| Some((name, challenge.parameter(name)?)));
    let parameters: Vec<String> =
        parameters.map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
    format!("{} {}", challenge.scheme(), parameters.join(","))
}
