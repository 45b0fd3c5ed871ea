//! Whether a terminal can show more than ASCII.

/// The characters for bars and trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// Box and block characters.
    Utf8,
    /// ASCII only, for any terminal.
    Ascii,
}

impl Charset {
    /// Returns the character set of the user's locale. Without a locale, that is ASCII, as in POSIX.
    pub(crate) fn of_locale() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// Returns the character set that the first non-empty variable names, as in
    /// [POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02).
    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut values = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
        let locale = values.find(|value| !value.is_empty()).unwrap_or_default().to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if is_utf8 { Self::Utf8 } else { Self::Ascii }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_something_decides() {
        let of = |set: &[(&str, &str)]| {
            Charset::of(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), Charset::Ascii);
        assert_eq!(of(&[("LANG", "C.UTF-8")]), Charset::Utf8);
        assert_eq!(of(&[("LANG", "zh_CN.utf8"), ("LC_ALL", "")]), Charset::Utf8);
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")]), Charset::Ascii);
        assert_eq!(of(&[("LC_CTYPE", "en_US.UTF-8"), ("LANG", "C")]), Charset::Utf8);
        assert_eq!(of(&[("LANG", "zh_CN.GB18030")]), Charset::Ascii);
    }
}
