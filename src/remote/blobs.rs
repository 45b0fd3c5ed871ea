//! Opening blobs, whole or in parts, wherever the registry keeps them.

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
        // Parts come from where the whole did. What was signed for that may have run out, and what the registry
        // leads to then may be good for one part only: each asks for itself in the end.
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

    /// Opens a part of a blob where it is known to be. If that is not known, one asks the registry, and the others
    /// who come meanwhile wait for that. `None` if the place was no good; it is forgotten then.
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
                // Who has too much to do has no less of it if the registry leads there once more.
                if error.is_overload() { Err(error) } else { Ok(None) }
            }
        }
    }

    /// Opens a part of a blob where the registry has led to.
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

    /// Asks the registry itself; answers where it has led to as well.
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

    /// Reads the part of a blob that an answer brings. All of it for the last of several parts is as odd as for
    /// the others; for the rest of one stream it is what servers without ranges send.
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

/// The request for a part of a blob, or all of it.
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
