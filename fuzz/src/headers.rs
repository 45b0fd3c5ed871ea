//! Other headers, and the parts of URLs: limits, warnings, scopes, paths, queries.

use std::time::{Duration, SystemTime};

use regcli::protocol::{Query, RateLimit, Route, Scopes, retry_after, warning_texts};
use regcli::reference::RepositoryName;

/// A displayed value parses to the same value.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    limits(text);
    warning(text);
    scopes(text);
    route(text);
    let query = Query::parse(text);
    assert_eq!(Query::parse(&query.to_string()), query);
    assert!(query.to_string().bytes().all(|byte| byte.is_ascii_graphic()));
}

fn limits(text: &str) {
    if let Some(limit) = RateLimit::parse(text) {
        let window = limit.window.map_or_else(String::new, |window| format!(";w={}", window.as_secs()));
        assert_eq!(RateLimit::parse(&format!("{}{window}", limit.requests)), Some(limit));
    }
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    if let Some(wait) = retry_after(text, now) {
        assert_eq!(retry_after(&wait.as_secs().to_string(), now), Some(Duration::from_secs(wait.as_secs())));
        // A date in the past causes no wait.
        let later = now + Duration::from_secs(10);
        assert!(retry_after(text, later).is_some_and(|shorter| shorter <= wait));
    }
}

fn warning(text: &str) {
    let warnings = warning_texts(text);
    let quoted = |warning: &String| {
        let quoted = warning.replace('\\', r"\\").replace('"', "\\\"");
        format!("299 - \"{quoted}\"")
    };
    let header = warnings.iter().map(quoted).collect::<Vec<_>>().join(", ");
    assert_eq!(warning_texts(&header), warnings);
}

fn scopes(text: &str) {
    let repository: RepositoryName = "team/app".parse().expect("a name");
    let asked = Scopes::push(&repository).and_challenged(text);
    assert_eq!(asked.clone().and_challenged(text), asked);
    assert_eq!(asked.clone().and_challenged(&asked.to_string()), asked);
    assert!(asked.iter().all(|scope| !scope.contains(' ')));
}

fn route(text: &str) {
    let Ok(route) = Route::parse(text) else { return };
    assert_eq!(Route::parse(&route.path()).as_ref(), Ok(&route));
    assert!(route.path().split('/').all(|part| part != ".." && part != "."));
    assert!(route.path().bytes().all(|byte| byte.is_ascii_graphic() && !b"%?#\\".contains(&byte)));
}
