//! Warnings of registries for the user, and about registries; each is shown once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use reqwest::header::WARNING;

use crate::http::Response;
use crate::protocol::warning_texts;

/// The maximum number of different warnings in one command. A registry with more of them wants to flood the
/// terminal.
const TOLD_MAX: usize = 32;

/// The maximum number of characters of a warning. The specification allows 4096 bytes for all warnings of a
/// response.
const LENGTH_MAX: usize = 1024;

/// The warnings that were shown, so that each is shown only once.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    told: Mutex<HashSet<String>>,
}

impl Warnings {
    /// Shows the new warnings of a response.
    pub(super) fn hear(&self, response: &Response) {
        for text in response.texts(&WARNING).flat_map(|header| warning_texts(&header)) {
            let text: String = text.chars().take(LENGTH_MAX).collect();
            self.tell(&format!("{}: {text}", response.call().registry));
        }
    }

    /// Shows a warning, unless it was shown before.
    pub(super) fn tell(&self, warning: &str) {
        if self.is_news(warning) {
            tracing::warn!("{warning}");
        }
    }

    fn is_news(&self, warning: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < TOLD_MAX && told.insert(warning.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_news_once_and_there_is_an_end_to_news() {
        let warnings = Warnings::default();
        assert!(warnings.is_news("old") && !warnings.is_news("old"));
        let told = (0..1000).filter(|number| warnings.is_news(&number.to_string())).count();
        assert_eq!(told, TOLD_MAX - 1);
    }
}
