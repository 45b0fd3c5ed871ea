//! What registries want people to read, and what is odd about them: told once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use reqwest::header::WARNING;

use crate::http::Response;
use crate::protocol::warning_texts;

/// How many different warnings are told in one command. Whoever has more wants to fill terminals.
const TOLD_MAX: usize = 32;

/// How many characters of a warning are told. The specification allows 4096 bytes for all of an answer's.
const LENGTH_MAX: usize = 1024;

/// What was told so far, so that it is told once, however many answers say it.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    told: Mutex<HashSet<String>>,
}

impl Warnings {
    /// Tells what an answer warns of and nobody has been told yet.
    pub(super) fn hear(&self, response: &Response) {
        for text in response.texts(&WARNING).flat_map(|header| warning_texts(&header)) {
            let text: String = text.chars().take(LENGTH_MAX).collect();
            self.tell(&format!("{}: {text}", response.call().registry));
        }
    }

    /// Tells of something, unless it was told before.
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
