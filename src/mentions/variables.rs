//! Variables in the names of images: `$NAME`, `${NAME}`, `${NAME:-default}`, as in Dockerfiles and compose files.

use super::mention::Unusable;

/// The longest text after all variables were replaced, in bytes. A reference has some hundred.
const LENGTH_MAX: usize = 4096;

/// Replaces the variables of `text` by their values in the file, or else by their defaults.
///
/// # Errors
/// [`Unusable::Variable`] for a variable with neither.
pub(super) fn resolve<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> Result<String, Unusable> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        resolved.push_str(before);
        let (name, default, behind) = variable(after);
        let known = value(name).or(default).filter(|known| !known.contains('$'));
        let known = known.filter(|known| resolved.len() + known.len() <= LENGTH_MAX);
        resolved.push_str(known.ok_or_else(|| Unusable::Variable(name.to_owned()))?);
        rest = behind;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// Returns the variable's name if `text` is one variable without a default.
pub(super) fn only(text: &str) -> Option<&str> {
    let (name, default, rest) = variable(text.strip_prefix('$')?);
    (default.is_none() && rest.is_empty()).then_some(name)
}

/// Returns the names of all variables in a text.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|after| variable(after).0)
}

/// Splits the text behind a `$` into the name, the default and the rest.
fn variable(text: &str) -> (&str, Option<&str>, &str) {
    let end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let Some(inner) = text.strip_prefix('{') else {
        let (name, rest) = text.split_at(end(text));
        return (name, None, rest);
    };
    let (inner, rest) = inner.split_once('}').unwrap_or((inner, ""));
    let (name, operator) = inner.split_at(end(inner));
    (name, operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-')), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_its_value_or_its_default() {
        let value = |name: &str| (name == "TAG").then_some("1.27");
        let resolved = |text: &str| resolve(text, value).map_err(|why| why.to_string());
        for (text, expected) in [
            ("nginx:1", "nginx:1"),
            ("nginx:$TAG", "nginx:1.27"),
            ("nginx:${TAG}-alpine", "nginx:1.27-alpine"),
            ("${HOST:-quay.io}/nginx:${TAG:-2}", "quay.io/nginx:1.27"),
            ("${HOST-}nginx", "nginx"),
        ] {
            assert_eq!(resolved(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["a:$X", "a:${X}", "a:${X:?needed}", "a:${X", "a$", "${X:-$Y}"] {
            assert!(resolved(text).is_err(), "{text}");
        }
        assert_eq!(resolved("a:$X").unwrap_err(), "the value of $X is not in the file");
        assert_eq!(
            (only("$BASE"), only("${BASE}"), only("a$B"), only("${B:-1}")),
            (Some("BASE"), Some("BASE"), None, None)
        );
    }
}
