//! Whether what refers to images is at the destinations.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};

use super::super::Error;
use super::super::open::Access;
use super::super::referrers::{
    CopiedImage, CopyReferrersOptions, ReferrersPreview, RelatedTags, preview_referrers,
};
use super::error::SyncProblem;
use super::wanted::QUESTIONS;
use crate::reference::Reference;
use crate::sync::{Action, Referrers, Row};
use crate::transfer::{Options, Sharing, Silent};

/// Turns rows whose image is unchanged into updates if something that refers to the image is missing.
pub(super) async fn compare(access: Access<'_>, rows: &mut [Row]) -> Vec<SyncProblem> {
    let options = CopyReferrersOptions {
        transfer: Options::default(),
        sharing: Sharing::default(),
        tags: RelatedTags::default(),
        observer: Arc::new(Silent),
    };
    let options = &options;
    let looks = rows.iter_mut().filter(|row| is_candidate(row)).map(|row| async move {
        let found = missing(access, row, options).await;
        (row, found)
    });
    let mut looks = std::pin::pin!(stream::iter(looks).buffer_unordered(QUESTIONS));
    let mut problems = Vec::new();
    while let Some((row, found)) = looks.next().await {
        match found {
            Ok(0) => {}
            Ok(_) => row.action = Action::Update,
            Err(error) => {
                problems.push(SyncProblem { name: row.destination.to_string(), error: error.into() });
            }
        }
    }
    problems
}

fn is_candidate(row: &Row) -> bool {
    let carries = row.source.as_ref().is_some_and(|original| original.referrers == Referrers::Carry);
    carries && row.action == Action::Unchanged
}

/// Returns how many artifacts that refer to the image of a row are missing at its destination.
async fn missing(access: Access<'_>, row: &Row, options: &CopyReferrersOptions) -> Result<usize, Error> {
    let (Some(original), Some(digest)) = (&row.source, &row.found) else { return Ok(0) };
    let pinned = Reference { digest: Some(original.digest.clone()), ..original.image.clone() };
    let image = CopiedImage { digest, options };
    let ReferrersPreview { missing, .. } =
        preview_referrers(access, &pinned, &row.destination.name, image).await?;
    Ok(missing)
}
