//! Requests by HTTP/1.1, answered as the script wants it.

use std::io;
use std::sync::Arc;

use super::log::Entry;
use super::message::{Answer, Head, Length};
use super::script::{Delivery, End, Intake, Origin, Plan};
use super::stage::Stage;
use super::wire::{Line, Read, Wire};

/// Whether a connection can be used again.
enum After {
    Goes(Wire),
    Ended,
}

/// Answers requests until the connection ends.
pub(super) async fn serve(stage: Arc<Stage>, line: Line) -> io::Result<()> {
    let mut wire = Wire::new(line);
    loop {
        let head = match wire.head().await? {
            Read::Head(head) => head,
            Read::End => return Ok(()),
            Read::Strange(bytes) => {
                stage.log.strange(&bytes);
                wire.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await?;
                return wire.end(End::Closed).await;
            }
        };
        let entry = stage.log.begin(&head);
        match exchange(&stage, wire, (&head, &entry)).await? {
            After::Goes(same) => wire = same,
            After::Ended => return Ok(()),
        }
    }
}

async fn exchange(stage: &Stage, mut wire: Wire, (head, entry): (&Head, &Entry)) -> io::Result<After> {
    let plan = stage.plan(head);
    let body = match plan.intake {
        Intake::Whole => wire.body(head.length(), entry).await?,
        Intake::Ignored => Vec::new(),
        Intake::Cut(bytes, end) => {
            let part = wire.body(bytes.min(head.length()), entry).await?;
            stage.keep_part(head, &part);
            wire.end(end).await?;
            return Ok(After::Ended);
        }
        Intake::Stall(bytes) => {
            let part = wire.body(bytes.min(head.length()), entry).await?;
            stage.keep_part(head, &part);
            wire.hold().await?;
            return Ok(After::Ended);
        }
    };
    tokio::time::sleep(plan.late).await;
    if let Origin::Raw(bytes) = &plan.origin {
        entry.answered(1);
        wire.send_body(bytes, entry).await?;
        wire.end(End::Closed).await?;
        return Ok(After::Ended);
    }
    let answer = stage.answer(&plan, head, &body);
    let after = deliver(wire, (head, entry), (&plan, &answer)).await?;
    match after {
        // The rest of the body would be taken for the next request.
        After::Goes(wire) if plan.intake == Intake::Ignored && head.length() > 0 => {
            wire.end(End::Closed).await?;
            Ok(After::Ended)
        }
        after => Ok(after),
    }
}

async fn deliver(
    mut wire: Wire,
    (head, entry): (&Head, &Entry),
    (plan, answer): (&Plan, &Answer),
) -> io::Result<After> {
    let limit = match plan.delivery {
        Delivery::Silence => {
            wire.hold().await?;
            return Ok(After::Ended);
        }
        Delivery::Nothing(end) => {
            wire.end(end).await?;
            return Ok(After::Ended);
        }
        Delivery::Headers(count, bytes) => return flood(wire, (entry, answer), (count, bytes)).await,
        Delivery::Cut(bytes, _) | Delivery::Stall(bytes) => usize::try_from(bytes).unwrap(),
        _ => usize::MAX,
    };
    let body = if head.method == "HEAD" { &[] } else { &answer.body[..limit.min(answer.body.len())] };
    entry.answered(answer.status);
    match plan.delivery {
        Delivery::TrickleHead(step) => {
            for byte in answer.head() {
                wire.send(&[byte]).await?;
                tokio::time::sleep(step).await;
            }
        }
        _ => wire.send(&answer.head()).await?,
    }
    match &plan.delivery {
        Delivery::Trickle(bytes, step) => {
            for piece in body.chunks(*bytes) {
                send(&mut wire, piece, (answer, entry)).await?;
                tokio::time::sleep(*step).await;
            }
        }
        _ => send(&mut wire, body, (answer, entry)).await?,
    }
    match &plan.delivery {
        Delivery::Cut(_, end) => wire.end(*end).await?,
        Delivery::Stall(_) => wire.hold().await?,
        Delivery::Endless(pattern) => loop {
            send(&mut wire, pattern, (answer, entry)).await?;
        },
        _ if answer.length == Length::UntilClosed => wire.end(End::Closed).await?,
        _ => {
            if answer.length == Length::Chunked {
                wire.send(b"0\r\n\r\n").await?;
            }
            return Ok(After::Goes(wire));
        }
    }
    Ok(After::Ended)
}

/// Sends a piece of the body in the form that the head has promised.
async fn send(wire: &mut Wire, piece: &[u8], (answer, entry): (&Answer, &Entry)) -> io::Result<()> {
    if answer.length != Length::Chunked {
        return wire.send_body(piece, entry).await;
    }
    if piece.is_empty() {
        return Ok(());
    }
    wire.send(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
    wire.send_body(piece, entry).await?;
    wire.send(b"\r\n").await
}

/// A head that has no end, nearly.
async fn flood(
    mut wire: Wire,
    (entry, answer): (&Entry, &Answer),
    (count, bytes): (usize, usize),
) -> io::Result<After> {
    entry.answered(answer.status);
    let head = answer.head();
    wire.send(&head[..head.len() - 2]).await?;
    for number in 0..count {
        let header = format!("X-Flood-{number}: {}\r\n", "x".repeat(bytes));
        wire.send_body(header.as_bytes(), entry).await?;
    }
    wire.send(b"\r\n").await?;
    send(&mut wire, &answer.body, (answer, entry)).await?;
    Ok(After::Goes(wire))
}
