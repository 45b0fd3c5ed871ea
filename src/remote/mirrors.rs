//! Opens blobs, whole or in parts, wherever the registry keeps them.

use std::ops::Range;
use std::sync::atomic::Ordering;

use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use reqwest::{Method, Url};

use super::Error;
use super::reader::RemoteReader;
use super::repository::Repository;
use super::server::Server;
use crate::diagnose::Diagnose as _;
use crate::http::{Request, Response, Target as To};
use crate::image::Descriptor;

impl Repository {
    /// Opens a part of a blob, or all of it, at one server.
    pub(super) async fn open_at(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: Range<u64>,
    ) -> Result<RemoteReader, Error> {
        let is_whole = range == (0..blob.size);
        if is_whole {
            self.shared().places().unite(&blob.digest);
        } else if range.end < blob.size {
            self.shared().places().divide(&blob.digest);
        }
        // A part comes from the location of the whole blob. The signature of that location may have expired,
        // and a new redirect may be valid for one part only, so each request finally asks the registry
        // itself.
        let tries = if is_whole { 0 } else { 2 };
        for _ in 0..tries {
            if let Some(reader) = self.open_placed(server, blob, &range).await? {
                return Ok(reader);
            }
        }
        let (reader, url) = self.ask(server, blob, &range).await?;
        let place = self.shared().places().remember(&blob.digest, url);
        Ok(reader.placed_at(self.shared().places(), &blob.digest, &place))
    }

    /// Opens a part of a blob at its known location. If the location is unknown, one task asks the registry,
    /// and the others wait for it. Returns `None` if the location was bad; it is forgotten then.
    async fn open_placed(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: &Range<u64>,
    ) -> Result<Option<RemoteReader>, Error> {
        let places = self.shared().places();
        let place = places.of(&blob.digest);
        let mut own = None;
        let asked = &mut own;
        let find = async {
            let (reader, url) = self.ask(server, blob, range).await?;
            *asked = Some(reader);
            Ok(url)
        };
        let found: Result<_, Error> = place.get_or_try_init(|| find).await;
        let opened = match (found?, own) {
            (_, Some(reader)) => Ok(reader),
            (None, None) => return Ok(None),
            (Some(url), None) => self.open_there(server, blob, (range, url)).await,
        };
        match opened {
            Ok(reader) => Ok(Some(reader.placed_at(places, &blob.digest, &place))),
            Err(error) => {
                places.forget(&blob.digest, &place);
                // An overloaded host stays overloaded after another redirect.
                if error.is_overload() { Err(error) } else { Ok(None) }
            }
        }
    }

    /// Opens a part of a blob at the location that the registry redirected to.
    async fn open_there(
        &self,
        server: &Server,
        blob: &Descriptor,
        (range, url): (&Range<u64>, &Url),
    ) -> Result<RemoteReader, Error> {
        let request = part(blob, range, To::Url(url.clone()));
        let response = server.send(request, &self.pull_scopes()).await?.success().await?;
        self.reader(response, blob, range)
    }

    /// Asks the registry itself, and also returns the location that it redirects to.
    async fn ask(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: &Range<u64>,
    ) -> Result<(RemoteReader, Option<Url>), Error> {
        let request = part(blob, range, To::Path(self.blob_route(blob)));
        let response = server.send(request, &self.pull_scopes()).await?.success().await?;
        let place = (!server.session().client().is_own(response.url())).then(|| response.url().clone());
        let reader = self.reader(response, blob, range);
        if reader.is_err() && self.shared().places().is_split(&blob.digest) {
            self.shared().ranges_failed().store(true, Ordering::Relaxed);
        }
        let mut reader = reader?;
        if self.shared().ranges_failed().load(Ordering::Relaxed) {
            reader.take_no_ranges();
        }
        Ok((reader, place))
    }

    /// Reads the part of a blob that a response contains. A response with the whole blob is rejected for
    /// every segment, including the last; for the rest of a single stream it is the usual response of servers
    /// without ranges.
    fn reader(
        &self,
        response: Response,
        blob: &Descriptor,
        range: &Range<u64>,
    ) -> Result<RemoteReader, Error> {
        let reader = RemoteReader::new(response, blob, range.clone())?;
        if self.shared().places().is_split(&blob.digest) { reader.of_a_part() } else { Ok(reader) }
    }
}

/// Creates the request for a part of a blob, or all of it.
fn part(blob: &Descriptor, range: &Range<u64>, target: To) -> Request {
    let get = Request::new(Method::GET, target).moving(range.end - range.start);
    get.with_headers(headers(blob, range))
}

fn headers(blob: &Descriptor, range: &Range<u64>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if *range != (0..blob.size) {
        let value = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        headers.insert(RANGE, HeaderValue::try_from(value).expect("digits are a header value"));
    }
    headers
}
