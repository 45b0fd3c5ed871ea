//! Opening blobs, whole or in parts, wherever the registry keeps them.

use std::ops::Range;
use std::sync::atomic::Ordering;

use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use reqwest::{Method, Url};

use super::Error;
use super::places::Place;
use super::reader::RemoteReader;
use super::repository::Repository;
use super::server::Server;
use crate::http::{Request, Target as To};
use crate::image::Descriptor;

impl Repository {
    /// Opens a part of a blob, or all of it, at one server.
    pub(super) async fn open_at(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: Range<u64>,
    ) -> Result<RemoteReader, Error> {
        // Parts come from where the whole did. The answer alone says whether that place still gives them.
        if range != (0..blob.size)
            && let Some(place) = self.shared().places().get(&blob.digest)
        {
            if let Some(url) = place.get() {
                match self.open_there(server, blob, (range.clone(), &place, url)).await {
                    Ok(reader) => return Ok(reader),
                    Err(_) => self.shared().places().forget(&blob.digest, &place),
                }
            }
            return self.open_anew(server, blob, range).await;
        }
        let (reader, place) = self.ask(server, blob, &range).await?;
        if let Some(place) = place {
            self.shared().places().remember(&blob.digest, place);
        }
        Ok(self.placed(reader, blob))
    }

    /// Opens a part of a blob after its place was forgotten: one asks the registry for a new one, the others who
    /// come meanwhile wait for that.
    async fn open_anew(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: Range<u64>,
    ) -> Result<RemoteReader, Error> {
        let Some(place) = self.shared().places().get(&blob.digest) else {
            return Ok(self.ask(server, blob, &range).await?.0);
        };
        let mut own = None;
        let asked = &mut own;
        let find = async {
            let (reader, url) = self.ask(server, blob, &range).await.map_err(Some)?;
            *asked = Some(reader);
            // A registry that leads nowhere any more is asked for each part.
            url.ok_or(None)
        };
        let found: Result<&Url, Option<Error>> = place.get_or_try_init(|| find).await;
        match (own, found) {
            (Some(reader), _) => Ok(self.placed(reader, blob)),
            (None, Ok(url)) => {
                let opened = self.open_there(server, blob, (range, &place, url)).await;
                opened.inspect_err(|_| self.shared().places().forget(&blob.digest, &place))
            }
            (None, Err(Some(error))) => Err(error),
            (None, Err(None)) => Ok(self.ask(server, blob, &range).await?.0),
        }
    }

    /// Opens a part of a blob where the registry has led to.
    async fn open_there(
        &self,
        server: &Server,
        blob: &Descriptor,
        (range, place, url): (Range<u64>, &Place, &Url),
    ) -> Result<RemoteReader, Error> {
        let request = part(blob, &range, To::Url(url.clone()));
        let response = server.send(request, &self.pull_scopes()).await?;
        let reader = RemoteReader::new(response, blob, range)?;
        Ok(reader.placed_at(self.shared().places(), &blob.digest, place))
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
        let reader = RemoteReader::new(response, blob, range.clone());
        if range.end < blob.size && reader.is_err() {
            self.shared().ranges_failed().store(true, Ordering::Relaxed);
        }
        let mut reader = reader?;
        if self.shared().ranges_failed().load(Ordering::Relaxed) {
            reader.take_no_ranges();
        }
        Ok((reader, place))
    }

    /// A reader that forgets the blob's place if it breaks, where there is one.
    fn placed(&self, reader: RemoteReader, blob: &Descriptor) -> RemoteReader {
        match self.shared().places().get(&blob.digest) {
            Some(place) => reader.placed_at(self.shared().places(), &blob.digest, &place),
            None => reader,
        }
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
