//! Tags at Docker Hub, which only its own API deletes.

use reqwest::Method;
use reqwest::header::AUTHORIZATION;

use crate::http::{Request, Target};
use crate::protocol::Scopes;
use crate::reference::{Registry, RepositoryName, Tag};
use crate::remote::hub_account::HubAccount;
use crate::remote::{Error, NoDeletion};

/// Removes a tag.
pub(super) async fn untag(account: &HubAccount, repository: &RepositoryName, tag: &Tag) -> Result<(), Error> {
    let token = account.token().await?;
    let token = token.ok_or_else(|| NoDeletion::NoAccount { registry: Registry::hub() })?;
    let path = format!("/v2/repositories/{repository}/tags/{tag}/");
    let delete = || {
        let request = Request::new(Method::DELETE, Target::Path(path.clone()));
        request.with(AUTHORIZATION, token.clone()).keeping_redirects()
    };
    account.server().call(&Scopes::none(), delete).await?;
    Ok(())
}
