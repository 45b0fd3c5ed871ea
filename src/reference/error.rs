//! Why a text is not a reference, in Docker's words, and at which byte.

use std::borrow::Cow;

use super::user_info::without_user_info;
use crate::digest;

/// A text that is not a reference.
///
/// The message is Docker's, word for word. The program shows `input` with a caret at `position` as well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Error {
    /// The text that was typed, without a user name and a password before the host.
    pub input: String,
    /// The offset of the first invalid byte, or the length of `input` if something is missing at its end.
    pub position: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl Error {
    /// Creates the error for a text that a user typed, and removes a user name and a password from it.
    pub fn new(input: &str, position: usize, problem: Problem) -> Self {
        let position = position.min(input.len());
        match without_user_info(input) {
            Cow::Borrowed(_) => Self { input: input.to_owned(), position, problem },
            Cow::Owned(shown) => {
                let position = moved(position, input, &shown);
                // The other problems repeat parts of the typed text.
                Self { input: shown, position, problem: Problem::Format }
            }
        }
    }
}

/// What is wrong with a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text does not fit the grammar.
    #[error("invalid reference format")]
    Format,
    /// Upper case in the path.
    #[error("invalid reference format: repository name ({path}) must be lowercase")]
    Uppercase {
        /// The path, with `library/` if the name is an official one.
        path: String,
    },
    /// 64 hexadecimal characters, which Docker would mistake for an image ID.
    #[error("invalid repository name ({name}), cannot specify 64-byte hexadecimal strings")]
    Identifier {
        /// The name.
        name: String,
    },
    /// The path is longer than 255 bytes.
    #[error("repository name must not be more than 255 characters")]
    TooLong,
    /// The part after `@` is not a digest.
    #[error(transparent)]
    Digest(digest::Error),
}

/// Returns the position in `shown` of a byte of `input`. A byte of the hidden part maps to the beginning of
/// that part.
fn moved(position: usize, input: &str, shown: &str) -> usize {
    let is_same = |(one, other): &(u8, u8)| one == other;
    let before = input.bytes().zip(shown.bytes()).take_while(is_same).count();
    let after = input.bytes().rev().zip(shown.bytes().rev()).take_while(is_same).count();
    match position.checked_sub(input.len() - after) {
        Some(behind) if position >= before => shown.len() - after + behind,
        _ => position.min(before),
    }
}
