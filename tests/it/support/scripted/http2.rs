//! Requests by HTTP/2, and what can go wrong there only.

use std::sync::Arc;

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use tokio::sync::mpsc;

use super::log::Entry;
use super::message::{Answer, Head};
use super::script::{Delivery, End, Intake, Plan};
use super::stage::Stage;
use super::wire::Line;

/// Answers requests until the connection ends.
pub(super) async fn serve(stage: Arc<Stage>, line: Line) -> Result<(), h2::Error> {
    let mut connection: Connection<Line, Bytes> = h2::server::handshake(line).await?;
    let (go_away, mut gone) = mpsc::channel(1);
    loop {
        tokio::select! {
            reason = gone.recv() => {
                // All streams that are open end with it.
                connection.abrupt_shutdown(reason.unwrap_or(Reason::NO_ERROR));
                let _ = std::future::poll_fn(|context| connection.poll_closed(context)).await;
                return Ok(());
            }
            accepted = connection.accept() => {
                let Some(accepted) = accepted else { return Ok(()) };
                let (request, respond) = accepted?;
                let (stage, go_away) = (Arc::clone(&stage), go_away.clone());
                tokio::spawn(async move {
                    // Who breaks off has no use for an answer.
                    let _ = exchange(&stage, request, (respond, go_away)).await;
                });
            }
        }
    }
}

async fn exchange(
    stage: &Stage,
    request: axum::http::Request<RecvStream>,
    (mut respond, go_away): (SendResponse<Bytes>, mpsc::Sender<Reason>),
) -> Result<(), h2::Error> {
    let (parts, stream) = request.into_parts();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let head = Head {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: parts.headers.iter().map(header).collect(),
    };
    let entry = stage.log.begin(&head);
    let plan = stage.plan(&head);
    let body = if plan.intake == Intake::Ignored { Vec::new() } else { take(stream, &entry).await? };
    tokio::time::sleep(plan.late).await;
    match plan.delivery {
        Delivery::ResetStream(0, reason) => {
            respond.send_reset(reason);
            return Ok(());
        }
        Delivery::GoAway(0, reason) => {
            let _ = go_away.send(reason).await;
            std::future::pending::<()>().await;
        }
        Delivery::Silence => std::future::pending().await,
        _ => {}
    }
    let answer = stage.answer(&plan, &head, &body);
    deliver((&head, &entry), (&plan, answer), (respond, go_away)).await
}

async fn take(mut stream: RecvStream, entry: &Entry) -> Result<Vec<u8>, h2::Error> {
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        entry.took(&data);
        stream.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    Ok(body)
}

async fn deliver(
    (head, entry): (&Head, &Entry),
    (plan, answer): (&Plan, Answer),
    (mut respond, go_away): (SendResponse<Bytes>, mpsc::Sender<Reason>),
) -> Result<(), h2::Error> {
    let mut response = axum::http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    if head.method != "HEAD" {
        response = response.header("content-length", answer.body.len());
    }
    entry.answered(answer.status);
    let is_empty = head.method == "HEAD" || answer.body.is_empty();
    let mut stream = respond.send_response(response.body(()).unwrap(), is_empty)?;
    if is_empty {
        return Ok(());
    }
    let limit = match plan.delivery {
        Delivery::ResetStream(bytes, _) | Delivery::GoAway(bytes, _) => bytes,
        Delivery::Stall(bytes) | Delivery::Cut(bytes, _) => bytes,
        _ => u64::MAX,
    };
    let kept = usize::try_from(limit).unwrap_or(usize::MAX).min(answer.body.len());
    send(&mut stream, answer.body.slice(..kept), entry).await?;
    match plan.delivery {
        Delivery::ResetStream(_, reason) => stream.send_reset(reason),
        Delivery::GoAway(_, reason) => {
            let _ = go_away.send(reason).await;
            std::future::pending::<()>().await;
        }
        Delivery::Stall(_) => std::future::pending().await,
        Delivery::Cut(_, End::Closed | End::Reset) => stream.send_reset(Reason::CANCEL),
        _ => stream.send_data(Bytes::new(), true)?,
    }
    Ok(())
}

/// Sends bytes as fast as the client takes them; all have left before this answers.
async fn send(stream: &mut SendStream<Bytes>, mut bytes: Bytes, entry: &Entry) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len().min(16 << 10));
        let Some(capacity) = std::future::poll_fn(|context| stream.poll_capacity(context)).await else {
            return Ok(());
        };
        let piece = bytes.split_to(capacity?.min(bytes.len()));
        entry.sent(piece.len());
        stream.send_data(piece, false)?;
        tokio::task::yield_now().await;
    }
    // A reset takes away what has not left yet.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    Ok(())
}
