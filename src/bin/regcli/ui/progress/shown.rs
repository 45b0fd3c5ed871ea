//! The display of a running copy. A separate thread draws, so that events never wait for it.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use regcli::retry::Waits;
use regcli::transfer::{Observer, Silent};
use tokio::sync::oneshot;

use super::{End, View};

/// How often the display is updated. More than ten times a second would not be visible.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// How long the display of an interrupted copy may take. A reader that has stopped reading must not block the
/// exit.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A copy that is shown until it ends or is dropped.
pub(crate) struct Shown {
    view: Option<Arc<dyn View>>,
    ticker: Option<Ticker>,
    /// Whether something may have been shown.
    has_begun: bool,
}

impl Shown {
    /// Returns a copy that is not shown yet. Without a view, it is never shown.
    pub(crate) fn hidden(view: Option<Arc<dyn View>>) -> Self {
        Self { view, ticker: None, has_begun: false }
    }

    /// Starts to show the copy and the waits of the process.
    pub(crate) fn begin(&mut self, waits: &Waits) {
        self.has_begun = true;
        self.ticker = self.view.clone().and_then(|view| Ticker::start(view, waits.clone()));
    }

    /// Returns the observer that receives the events of the copy.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        match &self.view {
            Some(view) => Arc::<dyn View>::clone(view),
            None => Arc::new(Silent),
        }
    }

    /// Shows that the copy ended like this at `at`. Returns a description of what a failed copy has kept.
    ///
    /// # Cancel safety
    /// Dropping the future is the same as dropping the display before the end.
    pub(crate) async fn end(mut self, end: End, at: Instant) -> Option<String> {
        let kept = match (&mut self.ticker, &self.view) {
            (Some(ticker), _) => ticker.end(end, at).await,
            (None, view) => view.as_ref().and_then(|view| view.end(&end, at)),
        };
        self.view = None;
        kept
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        match (self.view.take(), self.ticker.take()) {
            (Some(_), Some(ticker)) => ticker.interrupt(),
            (Some(view), None) if self.has_begun => drop(view.end(&End::Interrupted, Instant::now())),
            (_, None) | (None, _) => {}
        }
    }
}

/// The thread that draws. The end is the last thing it draws.
struct Ticker {
    ending: mpsc::Sender<(End, Instant)>,
    ended: oneshot::Receiver<Option<String>>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// Starts the thread. Returns `None` if the system grants no thread; everything is then shown at the end.
    fn start(view: Arc<dyn View>, waits: Waits) -> Option<Self> {
        let (ending, asked) = mpsc::channel();
        let (done, ended) = oneshot::channel();
        let run = move || {
            // After an interrupt, the receiver may be gone.
            let _ = done.send(tick(&*view, &waits, &asked));
        };
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(run).ok()?;
        Some(Self { ending, ended, thread })
    }

    async fn end(&mut self, end: End, at: Instant) -> Option<String> {
        // The thread ends only when told to, unless it has panicked.
        let _ = self.ending.send((end, at));
        (&mut self.ended).await.ok().flatten()
    }

    fn interrupt(self) {
        let _ = self.ending.send((End::Interrupted, Instant::now()));
        let limit = Instant::now() + LAST_WORDS;
        while !self.thread.is_finished() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn tick(view: &dyn View, waits: &Waits, asked: &mpsc::Receiver<(End, Instant)>) -> Option<String> {
    loop {
        match asked.recv_timeout(TICK) {
            Err(RecvTimeoutError::Timeout) => view.tick(Instant::now(), &waits.now()),
            Ok((end, at)) => return view.end(&end, at),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use regcli::retry::Wait;
    use regcli::transfer::Event;

    use super::*;

    /// Records its calls.
    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Notes {
        fn note(&self, text: impl Into<String>) {
            self.0.lock().unwrap().push(text.into());
        }
    }

    impl Observer for Notes {
        fn event(&self, _: Event) {
            self.note("event");
        }
    }

    impl View for Notes {
        fn tick(&self, _: Instant, _: &[Wait]) {
            self.note("tick");
        }

        fn end(&self, end: &End, _at: Instant) -> Option<String> {
            self.note(format!("{end:?}"));
            None
        }
    }

    fn begin(notes: &Arc<Notes>) -> Shown {
        let mut shown = Shown::hidden(Some(Arc::<Notes>::clone(notes)));
        shown.begin(&Waits::default());
        shown
    }

    #[tokio::test]
    async fn a_copy_is_drawn_until_its_end_is_told_once() {
        for (end, told) in [
            (End::Done, "Done"),
            (
                End::Failed { error: "no".to_owned(), may_resume: true },
                "Failed { error: \"no\", may_resume: true }",
            ),
        ] {
            let notes = Arc::new(Notes::default());
            let shown = begin(&notes);
            while notes.0.lock().unwrap().is_empty() {
                thread::sleep(TICK);
            }
            shown.end(end, Instant::now()).await;
            let notes = notes.0.lock().unwrap();
            let (last, before) = notes.split_last().unwrap();
            assert_eq!(last, told);
            assert!(before.iter().all(|note| note == "tick"), "{before:?}");
        }
    }

    #[test]
    fn a_copy_that_is_dropped_was_interrupted() {
        let notes = Arc::new(Notes::default());
        drop(Shown::hidden(Some(Arc::<Notes>::clone(&notes))));
        assert!(notes.0.lock().unwrap().is_empty(), "nothing was shown");
        drop(begin(&notes));
        assert_eq!(*notes.0.lock().unwrap(), ["Interrupted"]);
    }

    #[test]
    fn a_view_that_hangs_does_not_keep_the_program_from_ending() {
        let notes = Arc::new(Notes::default());
        let shown = begin(&notes);
        let begun = Instant::now();
        let held = notes.0.lock().unwrap();
        drop(shown);
        assert!(begun.elapsed() >= LAST_WORDS && begun.elapsed() < LAST_WORDS * 20);
        drop(held);
    }
}
