//! Leads chosen paths through the links of both images.

use super::filter::PathFilter;
use crate::filesystem::Listing;
use crate::ops::files::{FilesError, ImageFiles, Route, Selection};

/// A path or a pattern that was chosen, and where it leads in the images.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) typed: Selection,
    pub(super) led: Vec<Selection>,
}

/// A filter that was led through links.
pub(super) struct Led {
    pub(super) chosen: Vec<Chosen>,
    pub(super) filter: PathFilter,
}

impl Led {
    /// Leads a filter through the links of the old image and of the new one, each with its listings. What is selected in
    /// either counts; if they differ, so do the links on the way.
    pub(super) fn of(
        images: &[ImageFiles; 2],
        listings: &[Vec<Listing>; 2],
        filter: &PathFilter,
    ) -> Result<Self, FilesError> {
        let mut led = Self { chosen: Vec::new(), filter: filter.clone() };
        led.filter.only.clear();
        for typed in &filter.only {
            let routes = routes(images, listings, typed)?;
            let mut selections: Vec<Selection> = routes.iter().map(|route| route.selection.clone()).collect();
            selections.dedup();
            if selections.len() > 1 {
                led.filter.exact.extend(routes.into_iter().flat_map(|route| route.links));
            }
            led.filter.only.extend(selections.iter().cloned());
            led.chosen.push(Chosen { typed: typed.clone(), led: selections });
        }
        for typed in &filter.ignore {
            led.filter
                .ignore
                .extend(routes(images, listings, typed)?.into_iter().map(|route| route.selection));
        }
        Ok(led)
    }
}

/// Returns where the selection leads in the images that have the way; without any, the selection itself.
fn routes(
    images: &[ImageFiles; 2],
    listings: &[Vec<Listing>; 2],
    typed: &Selection,
) -> Result<Vec<Route>, FilesError> {
    let (mut routes, mut failed) = (Vec::new(), None);
    for (image, listings) in images.iter().zip(listings) {
        match image.route(listings, typed) {
            Ok(route) => routes.push(route),
            Err(FilesError::NotFound { .. } | FilesError::Dangling { .. }) => {}
            Err(error @ FilesError::NotDirectory(_)) => failed = Some(error),
            Err(error) => return Err(error),
        }
    }
    match failed {
        Some(error) if routes.is_empty() => Err(error),
        _ if routes.is_empty() => Ok(vec![Route { selection: typed.clone(), links: Vec::new() }]),
        _ => Ok(routes),
    }
}
