//! Progress as JSON: one object for each event, on standard error. For programs.

use std::io::{self, Write};

use regcli::transfer::{Event, Observer, Skip};
use serde_json::{Value, json};

/// Writes events as they come.
pub(crate) struct JsonLines;

impl Observer for JsonLines {
    fn event(&self, event: Event) {
        // One write a line, so that lines of several tasks do not mix.
        let _ = io::stderr().write_all(format!("{}\n", object(&event)).as_bytes());
    }
}

fn object(event: &Event) -> Value {
    match event {
        Event::Planned { blobs, bytes } => {
            let blob = |b: &regcli::image::Descriptor| json!({ "digest": b.digest, "size": b.size, "mediaType": b.media_type });
            json!({ "event": "planned", "bytes": bytes, "blobs": blobs.iter().map(blob).collect::<Vec<_>>() })
        }
        Event::Skipped { digest, reason: Skip::Mounted(from) } => {
            json!({ "event": "skipped", "digest": digest, "reason": "mounted", "from": from.to_string() })
        }
        Event::Skipped { digest, reason } => {
            let reason = if *reason == Skip::Foreign { "foreign" } else { "present" };
            json!({ "event": "skipped", "digest": digest, "reason": reason })
        }
        Event::Started { digest, offset, size } => {
            json!({ "event": "started", "digest": digest, "offset": offset, "size": size })
        }
        Event::Advanced { digest, bytes } => {
            json!({ "event": "advanced", "digest": digest, "bytes": bytes })
        }
        Event::Interrupted { digest, attempt, wait, cause } => json!({
            "event": "interrupted", "digest": digest, "attempt": attempt,
            "wait": wait.as_secs_f64(), "cause": cause,
        }),
        Event::Finished { digest } => json!({ "event": "finished", "digest": digest }),
    }
}

#[cfg(test)]
mod tests {
    use regcli::digest::Digest;

    use super::*;

    #[test]
    fn every_event_has_its_name_and_its_blob() {
        let digest = Digest::sha256(b"x");
        let event = Event::Started { digest: digest.clone(), offset: 3, size: 9 };
        let expected = json!({ "event": "started", "digest": digest.as_str(), "offset": 3, "size": 9 });
        assert_eq!(object(&event), expected);
    }
}
