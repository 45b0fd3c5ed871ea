//! What actions on the selected and the marked rows mean.

use regcli::ops::Place;
use regcli::reference::Reference;

use super::action::Client;
use super::kind::{Kind, Subject};
use super::message::Job;
use super::view::View;

/// The word that confirms the deletion of an image.
pub(super) const DELETE: &str = "delete";

/// Returns the image of a row.
fn subject(kind: Option<&Kind>) -> Option<&Subject> {
    match kind? {
        Kind::Image(subject) => Some(subject),
        _ => None,
    }
}

fn selected(view: &View) -> Option<&Subject> {
    subject(view.list.current()?.opens.as_deref())
}

/// Returns the comparison of two marked images, or of a marked one with the selected one.
pub(super) fn difference(view: &View) -> Result<Kind, &'static str> {
    const REASON: &str = "Mark two images with m, then compare them with d";
    let marked: Vec<_> = view.list.marked().filter_map(|entry| subject(entry.opens.as_deref())).collect();
    let (first, second) = match marked[..] {
        [first, second] => (first, second),
        [first] => (first, selected(view).filter(|selected| *selected != first).ok_or(REASON)?),
        _ => return Err(REASON),
    };
    Ok(Kind::Difference(Box::new([first.clone(), second.clone()])))
}

/// Returns the confirmation of the deletion of the selected tag.
pub(super) fn deletion(view: &View) -> Result<Kind, &'static str> {
    match (&view.kind, selected(view)) {
        (Kind::Tags(_), Some(Subject { place: Place::Registry(reference), .. })) => {
            Ok(Kind::Deletion(reference.clone(), None))
        }
        (Kind::Store, Some(_)) => Err("Images of the store are removed by regcli rmi"),
        _ => Err("Only tags can be deleted here"),
    }
}

/// Returns the command that pulls the selected image, or that of the view.
pub(super) fn command(view: &View, client: Client) -> Option<String> {
    let reference: &Reference = match (selected(view), &view.kind) {
        (Some(subject), _) | (None, Kind::Image(subject)) => subject.reference()?,
        (None, _) => return None,
    };
    let program = match client {
        Client::Docker => "docker",
        Client::Regcli => "regcli",
    };
    Some(format!("{program} pull {}", reference.familiar()))
}

/// Returns the deletion that a typed text confirms.
pub(super) fn confirmed(view: &View, text: &str) -> Result<Job, String> {
    let Kind::Deletion(reference, Some(target)) = &view.kind else {
        return Err("The registry has not said yet what would be deleted".to_owned());
    };
    if view.is_loading() {
        return Err("The registry is deleting".to_owned());
    }
    let tag = reference.tag.as_ref().map_or("", |tag| tag.as_str());
    match text {
        // A tag with this name is only removed, which is the smaller of the two.
        text if text == tag => Ok(Job::Untag(target.clone())),
        DELETE => Ok(Job::Delete(target.clone())),
        _ => Err(format!("Nothing was deleted: type {DELETE} or {tag}")),
    }
}
