//! Which answers a link does not let through to their end.

use std::collections::HashMap;

use crate::images::Image;
use crate::requests::Request;

/// Where an answer is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// After half of what was asked for.
    Half,
    /// After so many bytes.
    After(u64),
}

/// The layers whose answers are still to be cut. None are by default.
#[derive(Default)]
pub(crate) struct Cuts {
    /// By digest: the layer's size, and how often it is still cut.
    layers: HashMap<String, (u64, u64)>,
    place: Option<Place>,
}

impl Cuts {
    /// Each layer of `image`, so many times.
    pub(crate) fn of(image: &Image, times: u64, place: Place) -> Self {
        let layers = image.layers().iter().map(|layer| (layer.digest.to_string(), (layer.size, times)));
        Self { layers: layers.collect(), place: Some(place) }
    }

    /// How many have not been made.
    pub(crate) fn left(&self) -> u64 {
        self.layers.values().map(|(_, times)| times).sum()
    }

    /// After how many bytes the answer to this request ends, if it does not end as it should.
    ///
    /// Requests for less than is let through are left in peace.
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

/// How many bytes of a blob of `size` are asked for.
fn length(range: Option<&str>, size: u64) -> u64 {
    let Some((first, last)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return size;
    };
    let first = first.parse().unwrap_or(0);
    let end = last.parse::<u64>().map_or(size, |last| size.min(last.saturating_add(1)));
    end.saturating_sub(first)
}
