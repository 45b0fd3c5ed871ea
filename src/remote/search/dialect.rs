//! A kind of search, as data.

use reqwest::Method;

use crate::http::{Request, Target};
use crate::protocol::search::{self, Fact, Page};
use crate::protocol::{Scopes, Software};

/// A kind of search: its requests, and the parser of its responses.
pub(super) struct Dialect {
    /// The software that responds to it.
    pub(super) software: Software,
    /// What it reports of each repository.
    pub(super) facts: &'static [Fact],
    pub(super) access: Access,
    /// The last page that differs from the one before.
    pub(super) last_page: Option<u32>,
    /// Returns the request for a page; `None` if this kind cannot ask for the term.
    pub(super) request: fn(&Ask<'_>) -> Option<Request>,
    pub(super) read: fn(&[u8]) -> Result<Page, search::Error>,
    /// Returns the name of a result as references to this registry have it; `None` if it does not fit the term.
    pub(super) name: fn(&Ask<'_>, String) -> Option<String>,
}

/// How a search authenticates.
#[derive(Clone, Copy)]
pub(super) enum Access {
    /// Anonymously, unless the registry asks for more.
    IfAsked,
    /// With user name and password if there are any: an anonymous user is shown less, and asked for nothing.
    Volunteered,
    /// As requests of the registry's own API with this scope.
    Registry(fn(&Ask<'_>) -> Scopes),
}

/// A request for a page.
pub(super) struct Ask<'a> {
    /// The registry's host name, without a port.
    pub(super) host: &'a str,
    pub(super) term: &'a str,
    pub(super) limit: u32,
    pub(super) position: &'a Position,
}

/// The position of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The number of the page, from 1 on.
    Page(u32),
    /// The token that the page before it has named.
    Token(String),
    /// The link of the page before it.
    Link(Target),
}

impl Ask<'_> {
    /// Returns the number of the page, if it has one.
    pub(super) fn number(&self) -> u32 {
        match self.position {
            Position::Page(number) => *number,
            Position::Token(_) | Position::Link(_) => 1,
        }
    }

    /// Returns the request for the page: that of the link, or that of `dialect`.
    pub(super) fn request(&self, dialect: &Dialect) -> Option<Request> {
        match self.position {
            Position::Link(target) => Some(Request::new(Method::GET, target.clone()).keeping_redirects()),
            Position::Page(_) | Position::Token(_) => (dialect.request)(self),
        }
    }
}
