//! What users see: results on standard output, everything else on standard error.

pub(crate) mod format;
pub(crate) mod hints;
pub(crate) mod log;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod report;
pub(crate) mod streams;
pub(crate) mod turn;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use regcli::diagnose::{ErrorKind, Failure, Hint};
use regcli::retry::Waits;
use regcli::transfer::Observer;
use tokio::time::MissedTickBehavior;

use format::safe;
use format::wrap::wrapped_lines;
use progress::bars::Bars;
use progress::canvas::{CANVAS, Size};
use progress::images::Image;
use progress::json_lines::JsonLines;
use progress::lines::Lines;
use progress::rows::clipped;
use progress::shown::{Shown, TICK};
use progress::waits::{self, Pace};
use progress::{End, Progress, Verbosity, View, Work};
use report::Unfinished;
use streams::OutputError;
use turn::{Output, Turn};

/// How long an operation may take without a line that explains it.
const MOMENT: Duration = Duration::from_millis(500);

/// How often a line with the elapsed time is drawn.
const SECOND: Duration = Duration::from_secs(1);

/// Both streams, and how progress is shown. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ui {
    progress: Progress,
    waits: Waits,
    /// The number of operations that show their waits themselves, or show nothing.
    held: Arc<AtomicUsize>,
    /// When output may be written, if other images report before.
    turn: Option<Arc<Turn>>,
}

impl Ui {
    pub(crate) fn new(progress: Progress) -> Self {
        let progress = match progress {
            Progress::Auto if io::stderr().is_terminal() && !streams::is_dumb() => Progress::Tty,
            chosen => chosen,
        };
        Self { progress, waits: Waits::default(), held: Arc::default(), turn: None }
    }

    /// Returns the same interface, which also shows waits.
    pub(crate) fn showing(self, waits: Waits) -> Self {
        Self { waits, ..self }
    }

    /// Returns the same interface for an image that reports when its turn comes.
    pub(crate) fn in_turn(&self, turn: Arc<Turn>) -> Self {
        Self { turn: Some(turn), ..self.clone() }
    }

    /// Begins the turn of an image: writes what it has reported so far.
    pub(crate) fn begin(&self, turn: &Turn) -> Result<(), Failure> {
        turn.begin(|output| write_now(&output))
    }

    /// Reports whether progress is drawn on a terminal.
    pub(crate) fn draws(&self) -> bool {
        self.progress == Progress::Tty
    }

    /// Writes a line of a result.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        self.write(format!("{text}\n").as_bytes())
    }

    /// Writes a result unchanged.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.put(Output::Result(bytes.to_vec()))
    }

    fn put(&self, output: Output) -> Result<(), Failure> {
        let output = match &self.turn {
            Some(turn) => turn.keep(output),
            None => Some(output),
        };
        output.map_or(Ok(()), |output| write_now(&output))
    }

    /// Returns the width of the terminal that shows results, or `None` if they go elsewhere.
    pub(crate) fn columns(&self) -> Option<usize> {
        streams::columns(io::stdout())
    }

    /// Writes a document byte for byte. On a terminal, harmful characters are escaped and the last line is
    /// ended.
    pub(crate) fn document(&self, bytes: &[u8]) -> Result<(), Failure> {
        if !io::stdout().is_terminal() {
            return self.write(bytes);
        }
        self.line(&safe::safe_document(&String::from_utf8_lossy(bytes)))
    }

    /// Writes a message that is not a result. A failure is ignored, because it could not be reported either.
    pub(crate) fn note(&self, text: &str) {
        let _ = self.put(Output::Note(text.to_owned()));
    }

    /// Writes a message in Docker's words as it is, because programs look for them on terminals, too.
    pub(crate) fn verbatim(&self, text: &str) {
        let _ = self.put(Output::Verbatim(text.to_owned()));
    }

    /// Writes a warning.
    pub(crate) fn warn(&self, text: &str) {
        self.note(&format!("WARNING: {}", safe::safe_lines(&safe::message(text))));
    }

    /// Writes a question on standard output, without a line break.
    pub(crate) fn ask(&self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Shows a copy while it runs, unless the flags ask for silence.
    ///
    /// # Cancel safety
    /// Dropping the future shows the copy as interrupted.
    pub(crate) async fn show<T>(
        &self,
        work: Work,
        verbosity: Verbosity,
        copy: impl AsyncFnOnce(Arc<dyn Observer>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _held = self.hold();
        let image = self.turn.as_ref().map(|turn| turn.images.begin(&work));
        let mut shown = Shown::hidden(self.view(work, verbosity, image.clone()));
        let (result, end, at) = {
            let observer = shown.observer();
            let mut copy = std::pin::pin!(async {
                let result = copy(observer).await;
                let (end, at) = (end_of(&result), Instant::now());
                image.iter().for_each(|image| image.ended(&end));
                (result, end, at)
            });
            let early = tokio::select! {
                biased;
                () = self.turn() => None,
                ended = &mut copy => Some(ended),
            };
            self.turn().await;
            shown.begin(&self.waits);
            match early {
                Some(ended) => ended,
                None => copy.await,
            }
        };
        let kept = shown.end(end, at).await;
        match (result, kept) {
            (Err(failure), Some(kept)) => Err(Unfinished { failure, kept }.into()),
            (result, _) => result,
        }
    }

    /// Runs a command and shows what it waits for, unless the command shows that itself: in a temporary line
    /// on a terminal, or now and then in a log.
    ///
    /// # Cancel safety
    /// Dropping the future drops `command` and removes the line.
    pub(crate) async fn telling_waits<T>(&self, command: impl Future<Output = T>) -> T {
        let _passing = Passing;
        let mut command = std::pin::pin!(command);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pace = Pace::default();
        loop {
            tokio::select! {
                biased;
                done = &mut command => return done,
                _ = ticks.tick() => self.tell_waits(&mut pace),
            }
        }
    }

    /// Waits until progress may be shown. Objects say which image they belong to, so that they need no order.
    async fn turn(&self) {
        if let (Some(turn), true) = (&self.turn, self.progress != Progress::Json) {
            turn.come().await;
        }
    }

    fn tell_waits(&self, pace: &mut Pace) {
        if self.held.load(Ordering::Relaxed) > 0 {
            return;
        }
        let (now, waits) = (Instant::now(), self.waits.now());
        match self.progress {
            Progress::Tty => {
                let size = Size::of_terminal();
                let row = waits::worth_telling(&waits, now).map(|wait| waits::row(wait, now, size.columns));
                CANVAS.draw(row.into_iter().collect(), size);
            }
            Progress::Auto | Progress::Plain => {
                pace.line(&waits, now).iter().for_each(|line| self.note(line));
            }
            Progress::Json | Progress::None => {}
        }
    }

    /// Suppresses the display of waits while the returned value exists.
    pub(crate) fn hold(&self) -> Held {
        self.held.fetch_add(1, Ordering::Relaxed);
        Held(Arc::clone(&self.held))
    }

    /// Runs `work`, and after a moment shows on a terminal how long it has taken. For work whose progress
    /// cannot be counted.
    ///
    /// # Cancel safety
    /// Dropping the future drops `work` and removes the line.
    pub(crate) async fn while_it_lasts<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        if self.progress != Progress::Tty {
            return work.await;
        }
        let begin = Instant::now();
        let mut work = std::pin::pin!(work);
        let mut ticks = tokio::time::interval_at((begin + MOMENT).into(), SECOND);
        let _passing = (self.hold(), Passing);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = ticks.tick() => {
                    let size = Size::of_terminal();
                    let line = format!("{} ({} s)", safe::safe(what), begin.elapsed().as_secs());
                    CANVAS.draw(vec![clipped(&line, size.columns)], size);
                }
            }
        }
    }

    fn view(&self, work: Work, verbosity: Verbosity, image: Option<Image>) -> Option<Arc<dyn View>> {
        match (self.progress, verbosity) {
            (Progress::Json, _) => Some(Arc::new(JsonLines::new(work))),
            (Progress::None, _) | (_, Verbosity::Quiet) => None,
            // Docker shows the loading of layers on a terminal only.
            (Progress::Auto, _) if work.direction.is_for_terminals() => None,
            (Progress::Tty, _) => Some(Arc::new(Bars::new(&work, verbosity, image))),
            (_, Verbosity::Passing) => None,
            (Progress::Auto | Progress::Plain, _) => Some(Arc::new(Lines::new(&work, image))),
        }
    }
}

/// Returns how a copy with this result ended.
fn end_of<T>(result: &Result<T, Failure>) -> End {
    let failed = |failure: &Failure| End::Failed {
        error: report::on_one_line(failure),
        may_resume: matches!(failure.kind(), ErrorKind::Unreachable | ErrorKind::RateLimited)
            || matches!(failure.hint(), Some(Hint::FreeSpace { .. })),
    };
    result.as_ref().err().map_or(End::Done, failed)
}

fn write_now(output: &Output) -> Result<(), Failure> {
    match output {
        Output::Result(bytes) => {
            let written = CANVAS.suspend(|| {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            });
            Ok(written.map_err(OutputError::Writing)?)
        }
        Output::Note(text) => {
            match streams::columns(io::stderr()) {
                Some(columns) => write_message(&wrapped_lines(text, columns)),
                None => write_message(text),
            }
            Ok(())
        }
        Output::Verbatim(text) => {
            write_message(text);
            Ok(())
        }
    }
}

fn write_message(text: &str) {
    CANVAS.suspend(|| {
        let _ = writeln!(io::stderr(), "{text}");
    });
}

/// Removes a temporary line when dropped.
struct Passing;

impl Drop for Passing {
    fn drop(&mut self) {
        CANVAS.leave("");
    }
}

/// Suppresses the display of waits until dropped.
pub(crate) struct Held(Arc<AtomicUsize>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
