//! What people see: results on standard output, everything else on standard error.

pub(crate) mod format;
pub(crate) mod hints;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod report;
pub(crate) mod streams;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use regcli::diagnose::{ErrorKind, Failure, Hint};
use regcli::retry::Waits;
use regcli::transfer::Observer;

use format::safe;
use progress::bars::Bars;
use progress::canvas::{Canvas, Size};
use progress::json_lines::JsonLines;
use progress::lines::Lines;
use progress::rows::clipped;
use progress::shown::Shown;
use progress::{End, Progress, Verbosity, View, Work};
use report::Unfinished;
use streams::OutputError;

/// How long nobody wonders what goes on.
const MOMENT: Duration = Duration::from_millis(500);

/// How often a line that tells the time is drawn.
const SECOND: Duration = Duration::from_secs(1);

/// Both streams, and how work is shown. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ui {
    progress: Progress,
    canvas: Arc<Canvas>,
    waits: Waits,
}

impl Ui {
    pub(crate) fn new(progress: Progress) -> Self {
        let progress = match progress {
            Progress::Auto if io::stderr().is_terminal() && !streams::is_dumb() => Progress::Tty,
            chosen => chosen,
        };
        Self { progress, canvas: Arc::default(), waits: Waits::default() }
    }

    /// The same, which shows what is waited for, too.
    pub(crate) fn showing(self, waits: Waits) -> Self {
        Self { waits, ..self }
    }

    /// Writes a line of a result.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        self.write(format!("{text}\n").as_bytes())
    }

    /// Writes a result as it is.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.canvas.suspend(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        });
        Ok(written.map_err(OutputError::Writing)?)
    }

    /// The columns of the terminal that shows results; `None` if they go elsewhere.
    pub(crate) fn columns(&self) -> Option<usize> {
        streams::columns(io::stdout())
    }

    /// Writes a document byte for byte; on a terminal harmful characters are shown, and the line is ended.
    pub(crate) fn document(&self, bytes: &[u8]) -> Result<(), Failure> {
        if !io::stdout().is_terminal() {
            return self.write(bytes);
        }
        self.line(&safe::safe_lines(&String::from_utf8_lossy(bytes)))
    }

    /// Tells people something that is no result. Nobody can be told if that fails.
    pub(crate) fn note(&self, text: &str) {
        self.canvas.suspend(|| {
            let _ = writeln!(io::stderr(), "{text}");
        });
    }

    /// Tells people that something is not as it should be.
    pub(crate) fn warn(&self, text: &str) {
        self.note(&format!("WARNING: {}", safe::safe_lines(&safe::message(text))));
    }

    /// Asks something on standard output, without a line break.
    pub(crate) fn ask(&self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Shows a copy while it runs, unless nobody wants to see it.
    ///
    /// # Cancel safety
    /// Dropping the future shows the copy as interrupted.
    pub(crate) async fn show<T>(
        &self,
        work: Work,
        verbosity: Verbosity,
        copy: impl AsyncFnOnce(Arc<dyn Observer>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let shown = Shown::begin(self.view(work, verbosity), &self.waits);
        let result = copy(shown.observer()).await;
        let failed = |failure: &Failure| End::Failed {
            error: report::on_one_line(failure),
            may_resume: matches!(failure.kind(), ErrorKind::Unreachable | ErrorKind::RateLimited)
                || matches!(failure.hint(), Some(Hint::FreeSpace { .. })),
        };
        let kept = shown.end(result.as_ref().err().map_or(End::Done, failed)).await;
        match (result, kept) {
            (Err(failure), Some(kept)) => Err(Unfinished { failure, kept }.into()),
            (result, _) => result,
        }
    }

    /// Does what nothing can be counted of, and says on a terminal for how long already, once it takes a moment.
    ///
    /// # Cancel safety
    /// Dropping the future drops `work`, and nothing of the line stays.
    pub(crate) async fn while_it_lasts<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        if self.progress != Progress::Tty {
            return work.await;
        }
        let begin = Instant::now();
        let mut work = std::pin::pin!(work);
        let mut ticks = tokio::time::interval_at((begin + MOMENT).into(), SECOND);
        let _passing = Passing(&self.canvas);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = ticks.tick() => {
                    let size = Size::of_terminal();
                    let line = format!("{} ({} s)", safe::safe(what), begin.elapsed().as_secs());
                    self.canvas.draw(vec![clipped(&line, size.columns)], size);
                }
            }
        }
    }

    fn view(&self, work: Work, verbosity: Verbosity) -> Option<Arc<dyn View>> {
        match (self.progress, verbosity) {
            (Progress::Json, _) => Some(Arc::new(JsonLines::new(work))),
            (Progress::None, _) | (_, Verbosity::Quiet) => None,
            // Docker shows how layers are loaded on a terminal only.
            (Progress::Auto, _) if work.direction.is_for_terminals() => None,
            (Progress::Tty, _) => Some(Arc::new(Bars::new(Arc::clone(&self.canvas), &work))),
            (Progress::Auto | Progress::Plain, _) => Some(Arc::new(Lines::new(&work))),
        }
    }
}

/// Takes away what is drawn of a line that is gone with what it is about.
struct Passing<'a>(&'a Canvas);

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.0.leave("");
    }
}
