//! The responses that a link cuts.

use std::collections::HashMap;

use crate::images::{Image, Subject};
use crate::requests::Request;

/// Where a response is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// After half of the requested bytes.
    Half,
    /// After this many bytes.
    After(u64),
}

/// The layers whose responses are still to be cut; none by default.
#[derive(Default)]
pub(crate) struct Cuts {
    /// By digest: the layer's size, and the number of remaining cuts.
    layers: HashMap<String, (u64, u64)>,
    place: Option<Place>,
}

impl Cuts {
    /// Cuts each layer of `subject` this many times.
    pub(crate) fn of(subject: &Subject, times: u64, place: Place) -> Self {
        let layers = subject.images.iter().flat_map(Image::layers);
        let layers = layers.map(|layer| (layer.digest.to_string(), (layer.size, times)));
        Self { layers: layers.collect(), place: Some(place) }
    }

    /// Returns the number of remaining cuts.
    pub(crate) fn left(&self) -> u64 {
        self.layers.values().map(|(_, times)| times).sum()
    }

    /// Returns the number of bytes after which the response to this request ends, or `None` if it is not
    /// cut.
    ///
    /// Requests for fewer bytes than that are not cut.
    pub(crate) fn after(&mut self, request: &Request) -> Option<u64> {
        let place = self.place.filter(|_| request.method == "GET")?;
        let (_, digest) = request.path.rsplit_once("/blobs/")?;
        let (size, times) = self.layers.get_mut(digest).filter(|(_, times)| *times > 0)?;
        let wanted = length(request.range.as_deref(), *size);
        let after = match place {
            Place::Half => wanted / 2,
            Place::After(bytes) => bytes,
        };
        if after >= wanted {
            return None;
        }
        *times -= 1;
        Some(after)
    }
}

/// Returns the number of requested bytes of a blob of `size`.
fn length(range: Option<&str>, size: u64) -> u64 {
    let Some((first, last)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return size;
    };
    let first = first.parse().unwrap_or(0);
    let end = last.parse::<u64>().map_or(size, |last| size.min(last.saturating_add(1)));
    end.saturating_sub(first)
}
