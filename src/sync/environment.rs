//! Variables of the environment in files.

use super::error::Problem;

/// Where values of variables come from.
#[derive(Clone, Copy)]
pub(super) struct Environment<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// Returns the value of a variable.
    pub(super) fn required(self, name: &str) -> Result<String, Problem> {
        (self.0)(name).ok_or_else(|| Problem::NoVariable(name.to_owned()))
    }

    /// Replaces `$NAME` and `${NAME}`.
    pub(super) fn expanded(self, text: &str) -> Result<String, Problem> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            let (name, after) = match after.strip_prefix('{').and_then(|after| after.split_once('}')) {
                Some(closed) => closed,
                None => after.split_at(after.find(|c: char| !is_name(c)).unwrap_or(after.len())),
            };
            if name.is_empty() {
                expanded.push('$');
            } else {
                expanded.push_str(&self.required(name)?);
            }
            rest = after;
        }
        Ok(expanded + rest)
    }

    /// Returns the value of a variable, if the text is `$NAME` or `${NAME}` as a whole, and else the text. A password
    /// may contain a `$`. An unset variable is empty.
    pub(super) fn whole(self, text: &str) -> String {
        let name = text
            .strip_prefix('$')
            .map(|name| name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name));
        match name {
            Some(name) if !name.is_empty() && name.chars().all(is_name) => (self.0)(name).unwrap_or_default(),
            _ => text.to_owned(),
        }
    }
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced() {
        let known = |name: &str| (name == "HOST_1").then(|| "h.example".to_owned());
        let environment = Environment(&known);
        for (text, expanded) in [
            ("$HOST_1/a", "h.example/a"),
            ("${HOST_1}a", "h.examplea"),
            ("a$", "a$"),
            ("a$-${", "a$-${"),
            ("${}", "$"),
        ] {
            assert_eq!(environment.expanded(text).unwrap(), expanded, "{text}");
        }
        assert_eq!(environment.expanded("x/$OTHER").unwrap_err(), Problem::NoVariable("OTHER".to_owned()));
        for (text, whole) in [
            ("$HOST_1", "h.example"),
            ("${HOST_1}", "h.example"),
            ("$OTHER", ""),
            ("$a b", "$a b"),
            ("$", "$"),
        ] {
            assert_eq!(environment.whole(text), whole, "{text}");
        }
    }
}
