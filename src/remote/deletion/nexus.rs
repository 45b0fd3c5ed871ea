//! Tags at Nexus: a tag is a component, which is found by a search.

use serde::Deserialize;

use super::api::must_delete;
use crate::http::Request;
use crate::protocol::{Query, Scopes};
use crate::reference::{RepositoryName, Tag};
use crate::remote::server::Server;
use crate::remote::{Error, NoDeletion};

/// The maximum size of a response in bytes.
const ANSWER_MAX: u64 = 16 << 20;

/// The maximum length of a component's ID. Real ones have less than a hundred characters.
const ID_MAX: usize = 1000;

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    items: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    id: String,
    #[serde(default)]
    repository: String,
    name: String,
    version: String,
}

/// Removes a tag. With routing by path, the first part of the name is the repository in Nexus's sense.
pub(super) async fn untag(api: &Server, repository: &RepositoryName, tag: &Tag) -> Result<(), Error> {
    let whole = search(api, repository.as_str(), tag).await?;
    let mut components = whole.items;
    if components.is_empty()
        && let Some((within, name)) = repository.as_str().split_once('/')
    {
        components = search(api, name, tag).await?.items;
        components.retain(|component| component.repository == within);
    }
    match &components[..] {
        [component] => must_delete(api, &Scopes::none(), path(component)).await,
        [] => Err(NoDeletion::NoComponent { name: repository.clone(), tag: tag.clone() }.into()),
        several => Err(NoDeletion::SeveralComponents {
            name: repository.clone(),
            repositories: several.iter().map(|component| component.repository.clone()).collect(),
        }
        .into()),
    }
}

async fn search(api: &Server, name: &str, tag: &Tag) -> Result<Found, Error> {
    let query = Query::parse("").with("format", "docker").with("name", name).with("version", tag);
    let path = format!("/service/rest/v1/search?{query}");
    let fetched = api.fetch(&Scopes::none(), || Request::get(path.clone()), ANSWER_MAX).await?;
    let mut found: Found = serde_json::from_slice(&fetched.body)
        .map_err(|error| Error::unexpected(&fetched.head.call, error.to_string()))?;
    // The search takes wildcards, and an ID becomes a part of a path.
    let is_id = |id: &str| {
        !id.is_empty()
            && id.len() <= ID_MAX
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=-_:".contains(&byte))
    };
    found.items.retain(|item| item.name == name && item.version == tag.as_str() && is_id(&item.id));
    Ok(found)
}

fn path(component: &Component) -> String {
    format!("/service/rest/v1/components/{}", component.id)
}
