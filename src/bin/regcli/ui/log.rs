//! The library's log on standard error: warnings always, the rest with `--debug`.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_subscriber::fmt::FormatEvent;
use tracing_subscriber::fmt::format::{FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use super::format::safe::{message, safe_lines};
use super::progress::canvas::CANVAS;

/// Starts to write the library's events.
pub(crate) fn begin(debug: bool) {
    use tracing::Level;
    let level = if debug { Level::DEBUG } else { Level::WARN };
    let subscriber =
        tracing_subscriber::fmt().with_max_level(level).with_writer(|| Above).event_format(Words).finish();
    // Fails only if called twice, which happens in tests of one process.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// The maximum size of the log that is kept while a screen is shown, in bytes.
const KEPT_MAX: usize = 64 << 10;

/// What is written later. `None` as long as everything is written immediately.
static KEPT: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Keeps what would disturb the screen of a full-screen program: the log, if standard error is a terminal.
pub(crate) fn hold() -> HeldLog {
    *kept() = io::stderr().is_terminal().then(Vec::new);
    HeldLog
}

/// Writes the log when dropped.
pub(crate) struct HeldLog;

impl Drop for HeldLog {
    fn drop(&mut self) {
        let held = kept().take().unwrap_or_default();
        // A failure could not be reported either.
        let _ = io::stderr().write_all(&held);
    }
}

fn kept() -> MutexGuard<'static, Option<Vec<u8>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard error, above the lines that are drawn there.
struct Above;

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(held) = &mut *kept() {
            if held.len() + bytes.len() <= KEPT_MAX {
                held.extend_from_slice(bytes);
            }
            return Ok(bytes.len());
        }
        CANVAS.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Formats `WARNING: …` and `debug: …`, with foreign text made safe.
struct Words;

impl<S, N> FormatEvent<S, N> for Words
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &tracing_subscriber::fmt::FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let target = event.metadata().target();
        let word = match *event.metadata().level() {
            tracing::Level::ERROR => "error",
            tracing::Level::WARN => "WARNING",
            // The events of other libraries are left out.
            _ if !target.starts_with("regcli") => return Ok(()),
            _ => "debug",
        };
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;
        writeln!(writer, "{word}: {}", safe_lines(&message(&fields)))
    }
}
