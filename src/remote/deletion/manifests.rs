//! The manifests that a registry lists itself, with the times of their pushes, also those without a tag.

use super::own::harbor_repository;
use crate::http::Request;
use crate::protocol::listing::{self, Listed, Listing};
use crate::protocol::{Query, Scopes};
use crate::reference::Name;
use crate::remote::pages::Seen;
use crate::remote::server::{Fetched, Server};
use crate::remote::{Error, Software};

/// The maximum size of a page in bytes. Google lists all manifests on one.
const PAGE_BYTES_MAX: u64 = 64 << 20;

/// How many manifests are requested for a page. None of these registries returns more.
const PAGE: usize = 100;

/// The maximum number of pages: as many manifests as are kept in memory.
const PAGES_MAX: u32 = 1000;

/// The lists of one kind of registry.
struct Dialect<'a> {
    server: &'a Server,
    scopes: Scopes,
    path: String,
    read: fn(&[u8]) -> Result<Listing, serde_json::Error>,
    pages: Paging,
}

/// How the next page is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paging {
    /// There is one page.
    One,
    /// By its number; the parameter with the size of a page differs.
    Number(&'static str),
    /// By the last digest.
    Last,
}

/// Returns the manifests that the registry lists, or `None` if it has no such list. `own` is its API.
pub(super) async fn list(
    software: Software,
    registry: &Server,
    own: &Server,
    name: &Name,
) -> Result<Option<Vec<Listed>>, Error> {
    let repository = &name.repository;
    let dialect = match software {
        Software::Harbor => Dialect {
            server: own,
            scopes: Scopes::none(),
            path: format!("{}/artifacts", harbor_repository(name)),
            read: listing::harbor,
            pages: Paging::Number("page_size"),
        },
        Software::Quay => Dialect {
            server: own,
            scopes: Scopes::none(),
            path: format!("/api/v1/repository/{repository}/tag/"),
            read: listing::quay,
            pages: Paging::Number("limit"),
        },
        Software::Azure => Dialect {
            server: registry,
            scopes: Scopes::pull(repository),
            path: format!("/acr/v1/{repository}/_manifests"),
            read: listing::azure,
            pages: Paging::Last,
        },
        Software::Google => Dialect {
            server: registry,
            scopes: Scopes::pull(repository),
            path: format!("/v2/{repository}/tags/list"),
            read: listing::google,
            pages: Paging::One,
        },
        _ => return Ok(None),
    };
    dialect.all().await.map(Some)
}

impl Dialect<'_> {
    async fn all(&self) -> Result<Vec<Listed>, Error> {
        let (mut found, mut seen) = (Vec::<Listed>::new(), Seen::up_to(PAGES_MAX));
        for number in 1.. {
            let fetched = self.page(number, found.last()).await?;
            let head = fetched.head;
            let page = (self.read)(&fetched.body)
                .map_err(|error| Error::unexpected(&head.call, error.to_string()))?;
            let is_last = page.entries < PAGE || self.pages == Paging::One;
            if !is_last {
                // A part of the list must not be taken for the whole.
                seen.advance(&head, &number.to_string())?;
                seen.expect_news(&head, &[&fetched.body])?;
            }
            found.extend(page.manifests);
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    async fn page(&self, number: usize, last: Option<&Listed>) -> Result<Fetched, Error> {
        let query = Query::parse("");
        let query = match self.pages {
            Paging::One => query,
            Paging::Number(size) => query.with(size, PAGE).with("page", number),
            Paging::Last => {
                let query = query.with("n", PAGE);
                last.map_or(query.clone(), |last| query.with("last", &last.digest))
            }
        };
        let path = if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) };
        self.server.fetch(&self.scopes, || Request::get(path.clone()), PAGE_BYTES_MAX).await
    }
}
