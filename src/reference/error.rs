//! Why a text is no reference, in Docker's words, and at which byte.

use std::borrow::Cow;

use super::user_info::without_user_info;
use crate::digest;

/// A text that is no reference.
///
/// Its message is Docker's, word for word. The program shows `input` with a caret at `position` besides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Error {
    /// What was typed, without a user name and a password before the host.
    pub input: String,
    /// The offset of the first byte that cannot stand where it does; the length of `input` if something is
    /// missing at its end.
    pub position: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl Error {
    /// Makes the error of a text that somebody typed. A user name and a password in it are left out.
    pub fn new(input: &str, position: usize, problem: Problem) -> Self {
        let position = position.min(input.len());
        match without_user_info(input) {
            Cow::Borrowed(_) => Self { input: input.to_owned(), position, problem },
            Cow::Owned(shown) => {
                let position = moved(position, input, &shown);
                // The other problems repeat parts of what was typed.
                Self { input: shown, position, problem: Problem::Format }
            }
        }
    }
}

/// What is wrong with a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It does not fit the grammar.
    #[error("invalid reference format")]
    Format,
    /// Upper case in the path, which holds `path`.
    #[error("invalid reference format: repository name ({path}) must be lowercase")]
    Uppercase {
        /// The path, with `library/` if the name is an official one.
        path: String,
    },
    /// 64 hexadecimal characters, which would be mistaken for an image ID.
    #[error("invalid repository name ({name}), cannot specify 64-byte hexadecimal strings")]
    Identifier {
        /// The name.
        name: String,
    },
    /// The path is longer than 255 bytes.
    #[error("repository name must not be more than 255 characters")]
    TooLong,
    /// The part after `@` is no digest.
    #[error(transparent)]
    Digest(digest::Error),
}

/// Where a byte of `input` is in `shown`, in which a part of it is hidden: the beginning of that part for its bytes.
fn moved(position: usize, input: &str, shown: &str) -> usize {
    let is_same = |(one, other): &(u8, u8)| one == other;
    let before = input.bytes().zip(shown.bytes()).take_while(is_same).count();
    let after = input.bytes().rev().zip(shown.bytes().rev()).take_while(is_same).count();
    match position.checked_sub(input.len() - after) {
        Some(behind) if position >= before => shown.len() - after + behind,
        _ => position.min(before),
    }
}
