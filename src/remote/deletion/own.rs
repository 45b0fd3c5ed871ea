//! Tags by the APIs that registries have beside the registry's: Harbor, Azure, GitLab, Artifactory.

use super::api::must_delete;
use crate::protocol::Scopes;
use crate::reference::{Name, RepositoryName, Selector, Tag};
use crate::remote::Error;
use crate::remote::server::Server;

/// Removes a tag of an artifact at Harbor, which is named by its digest: `DELETE artifacts/TAG` would remove the whole
/// artifact. Slashes in the name of the repository are encoded twice.
pub(super) async fn untag_at_harbor(
    api: &Server,
    name: &Name,
    artifact: &Selector,
    tag: &Tag,
) -> Result<(), Error> {
    let path = format!("{}/artifacts/{artifact}/tags/{tag}", harbor_repository(name));
    must_delete(api, &Scopes::none(), path).await
}

/// Returns the path of a repository in Harbor's API.
pub(in crate::remote) fn harbor_repository(name: &Name) -> String {
    let path = name.repository.as_str();
    let (project, repository) = path.split_once('/').unwrap_or(("library", path));
    format!("/api/v2.0/projects/{project}/repositories/{}", repository.replace('/', "%252F"))
}

/// Removes a tag at Azure, by the registry's own token.
pub(super) async fn untag_at_azure(
    registry: &Server,
    repository: &RepositoryName,
    tag: &Tag,
) -> Result<(), Error> {
    let path = format!("/acr/v1/{repository}/_tags/{tag}");
    must_delete(registry, &Scopes::delete(repository), path).await
}

/// Removes a tag at a GitLab whose registry is older than its own tag database.
pub(super) async fn untag_at_old_gitlab(registry: &Server, name: &Name, tag: &Tag) -> Result<(), Error> {
    let path = format!("/v2/{}/tags/reference/{tag}", name.repository);
    must_delete(registry, &Scopes::all(&name.repository), path).await
}

/// Removes a tag at Artifactory, where it is a folder. The first part of the name is the repository in Artifactory's
/// sense, unless that has a host or a port of its own.
pub(super) async fn untag_at_artifactory(api: &Server, name: &Name, tag: &Tag) -> Result<(), Error> {
    let path = format!("/artifactory/{}/{tag}", name.repository);
    must_delete(api, &Scopes::none(), path).await
}
