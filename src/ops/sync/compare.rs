//! What the chosen tags mean at both ends.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::super::Error;
use super::super::copy::plan_for;
use super::super::open::Access;
use super::error::{SyncError, SyncProblem};
use super::wanted::{QUESTIONS, Wanted};
use crate::digest::Digest;
use crate::image::{Descriptor, Platform};
use crate::reference::{Name, Reference};
use crate::remote::Repository;
use crate::sync::{Action, Narrowed, Original, Row};

/// An image that could not be compared.
pub(super) struct Failed {
    /// The repository of its destination.
    pub(super) repository: Name,
    pub(super) problem: SyncProblem,
}

/// Asks both ends about each image, and returns a row for each.
pub(super) async fn compare(
    access: Access<'_>,
    wanted: &[Wanted],
    known: &Narrowed,
) -> (Vec<Row>, Vec<Failed>) {
    // A source that goes to several destinations is asked once.
    let mut originals: BTreeMap<(&Reference, &[Platform]), Vec<&Wanted>> = BTreeMap::new();
    for wanted in wanted {
        originals.entry((&wanted.source, &wanted.platforms)).or_default().push(wanted);
    }
    let asked = stream::iter(originals.into_values()).map(|group| async move {
        let original = original(access, group[0], known).await;
        let destinations = stream::iter(group.into_iter().map(|wanted| async move {
            let found = found(access, &wanted.destination).await;
            (wanted, found)
        }));
        (original, destinations.buffered(QUESTIONS).collect::<Vec<_>>().await)
    });
    let mut asked = std::pin::pin!(asked.buffer_unordered(QUESTIONS));
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    while let Some((original, destinations)) = asked.next().await {
        let mut original = Some(original);
        for (wanted, found) in destinations {
            match row(wanted, &mut original, found) {
                Ok(Some(row)) => rows.push((wanted.number, row)),
                Ok(None) => {}
                Err(error) => {
                    let problem = SyncProblem { name: wanted.source.to_string(), error };
                    failed.push(Failed { repository: wanted.destination.name.clone(), problem });
                }
            }
        }
    }
    rows.sort_by_key(|(number, _)| *number);
    (rows.into_iter().map(|(_, row)| row).collect(), failed)
}

/// What a source has.
struct There {
    digest: Digest,
    /// What the destination should point to.
    result: Digest,
}

/// Returns what the source means now.
async fn original(access: Access<'_>, wanted: &Wanted, known: &Narrowed) -> Result<There, SyncError> {
    let repository = access.remote.repository(&wanted.source.name)?;
    let found = repository.head_manifest(&wanted.source.selector()).await;
    match found.map_err(|error| Error::of_pull(&wanted.source, error))? {
        // A listed tag without its manifest is damage. Its copy at the destination may be the last one.
        None => Err(SyncError::Missing),
        Some(root) => {
            let digest = root.digest.clone();
            let result = match &wanted.platforms[..] {
                [] => digest.clone(),
                platforms => match known.find(&digest, platforms) {
                    Some(result) => result,
                    None => {
                        let result = narrowed(&repository, root, platforms).await?;
                        known.learn(&digest, platforms, &result);
                        result
                    }
                },
            };
            Ok(There { digest, result })
        }
    }
}

/// Returns the digest of the image for these platforms, or of an index that lists only them.
async fn narrowed(
    repository: &Repository,
    root: Descriptor,
    platforms: &[Platform],
) -> Result<Digest, SyncError> {
    let plan = plan_for(repository, root, platforms).await?;
    let narrowed = plan.narrowed().map_err(Error::from)?;
    Ok(narrowed.root().descriptor().digest.clone())
}

/// Returns what a destination means now.
pub(super) async fn found(access: Access<'_>, destination: &Reference) -> Result<Option<Digest>, SyncError> {
    let repository = access.remote.repository(&destination.name)?.past_mirrors();
    match repository.head_manifest(&destination.selector()).await {
        Ok(found) => Ok(found.map(|found| found.digest)),
        // Some registries deny a repository that the first push creates. That push decides.
        Err(error) if error.leaves_open() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns the row of an image; `None` if what is wrong with its source was reported already.
fn row(
    wanted: &Wanted,
    original: &mut Option<Result<There, SyncError>>,
    found: Result<Option<Digest>, SyncError>,
) -> Result<Option<Row>, SyncError> {
    let There { digest, result } = match original {
        Some(Ok(there)) => there,
        // The first destination reports what is wrong with the source, and the others have nothing to add.
        _ => {
            return original
                .take()
                .map_or(Ok(None), |failed| Err(failed.err().unwrap_or(SyncError::Missing)));
        }
    };
    let found = found?;
    let action = match &found {
        None => Action::Create,
        Some(found) if found == result => Action::Unchanged,
        Some(_) => Action::Update,
    };
    Ok(Some(Row {
        action,
        rule: Some(wanted.rule),
        source: Some(Original {
            image: wanted.source.clone(),
            digest: digest.clone(),
            result: Some(result.clone()),
            platforms: wanted.platforms.clone(),
            referrers: wanted.referrers,
        }),
        destination: wanted.destination.clone(),
        found,
        content: None,
    }))
}
