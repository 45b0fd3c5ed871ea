//! Bodies on their way: counted, cut off, read to their end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};

/// How long bytes in front of a cut are given to leave.
const FLUSH: Duration = Duration::from_millis(50);

/// Counts the bytes that flow.
pub(super) fn counted<E, S: Stream<Item = Result<Bytes, E>>>(
    stream: S,
    counter: &Arc<AtomicU64>,
) -> impl Stream<Item = Result<Bytes, E>> + use<E, S> {
    let counter = Arc::clone(counter);
    stream.inspect(move |chunk| {
        let length = chunk.as_ref().map_or(0, Bytes::len);
        counter.fetch_add(length as u64, Ordering::SeqCst);
    })
}

/// The first `limit` bytes, then an error; all if there is no limit.
pub(super) fn cut_after<E: std::error::Error + Send + Sync + 'static>(
    stream: impl Stream<Item = Result<Bytes, E>> + Send,
    limit: Option<u64>,
) -> impl Stream<Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>> + Send {
    stream
        .scan(limit, |left, chunk| {
            let chunk = chunk.map_err(Into::into).and_then(|mut chunk: Bytes| match left {
                Some(0) => Err("cut on purpose".into()),
                Some(left) => {
                    let kept = usize::try_from(*left).unwrap_or(usize::MAX).min(chunk.len());
                    *left -= kept as u64;
                    Ok(chunk.split_to(kept))
                }
                None => Ok(chunk),
            });
            std::future::ready(Some(chunk))
        })
        .then(|chunk| async move {
            if chunk.is_err() {
                // What was sent before has to be on its way before the connection breaks.
                tokio::time::sleep(FLUSH).await;
            }
            chunk
        })
}

/// The same stream, which hangs for ever instead of failing if it is to.
pub(super) fn stalled<E: Send>(
    stream: impl Stream<Item = Result<Bytes, E>> + Send,
    hangs: bool,
) -> impl Stream<Item = Result<Bytes, E>> + Send {
    stream.then(move |chunk| async move {
        if hangs && chunk.is_err() {
            std::future::pending::<()>().await;
        }
        chunk
    })
}

/// The same answer with another first byte.
pub(super) fn garbled(response: Response) -> Response {
    let mut is_first = true;
    response.map(|body| {
        Body::from_stream(body.into_data_stream().map_ok(move |chunk| {
            let mut chunk = chunk.to_vec();
            if let Some(byte) = chunk.first_mut().filter(|_| std::mem::take(&mut is_first)) {
                *byte ^= 1;
            }
            Bytes::from(chunk)
        }))
    })
}

/// The stream of a request's or an answer's body, for those who read it here.
pub(super) async fn read_body(mut stream: BodyDataStream) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(Ok(chunk)) = stream.next().await {
        content.extend_from_slice(&chunk);
    }
    content
}
