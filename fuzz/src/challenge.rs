//! `WWW-Authenticate`, which says where credentials are to be sent.

use regcli::protocol::Challenge;

/// The parameters that are looked at.
const NAMES: [&str; 4] = ["realm", "service", "scope", "error"];

/// What was read of a challenge is read again from a well-formed one.
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
    // They are read one after the other: what stands before them changes none.
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
