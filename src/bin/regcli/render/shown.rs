//! A copy that is shown while it runs: a thread beside it draws, so that no event has to.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use regcli::transfer::{Observer, Silent};
use tokio::sync::oneshot;

use super::View;

/// How often is shown where a copy is: ten times a second is enough for eyes.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// How long an interrupted copy may take to be shown as such: a reader that has stopped reading must not keep
/// the program from ending.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What is said of a copy that was dropped before it had ended.
const INTERRUPTED: &str = "interrupted";

/// A copy that is shown until it ends, or is dropped.
pub(crate) struct Shown {
    view: Option<Arc<dyn View>>,
    ticker: Option<Ticker>,
}

impl Shown {
    /// Begins to show a copy; without a view, nobody sees it.
    pub(crate) fn begin(view: Option<Arc<dyn View>>) -> Self {
        let ticker = view.clone().and_then(Ticker::start);
        Self { view, ticker }
    }

    /// Who has to be told what happens.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        match &self.view {
            Some(view) => Arc::<dyn View>::clone(view),
            None => Arc::new(Silent),
        }
    }

    /// Shows how it has ended: with this error, if it has failed.
    ///
    /// # Cancel safety
    /// Dropping the future is as dropping it before the end.
    pub(crate) async fn end(mut self, error: Option<String>) {
        match &mut self.ticker {
            Some(ticker) => ticker.end(error).await,
            None => self.view.iter().for_each(|view| view.end(error.as_deref())),
        }
        self.view = None;
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        match (self.view.take(), self.ticker.take()) {
            (Some(_), Some(ticker)) => ticker.interrupt(),
            (Some(view), None) => view.end(Some(INTERRUPTED)),
            (None, _) => {}
        }
    }
}

/// The thread that draws. The last thing it is asked for is the end.
struct Ticker {
    ending: mpsc::Sender<Option<String>>,
    ended: oneshot::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// `None` if the system gives no threads: then all is shown at the end.
    fn start(view: Arc<dyn View>) -> Option<Self> {
        let (ending, asked) = mpsc::channel();
        let (done, ended) = oneshot::channel();
        let run = move || {
            tick(&*view, &asked);
            // Nobody waits after an interrupt.
            let _ = done.send(());
        };
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(run).ok()?;
        Some(Self { ending, ended, thread })
    }

    async fn end(&mut self, error: Option<String>) {
        // It ends no earlier than it is asked to, unless it has panicked.
        let _ = self.ending.send(error);
        let _ = (&mut self.ended).await;
    }

    fn interrupt(self) {
        let _ = self.ending.send(Some(INTERRUPTED.to_owned()));
        let limit = Instant::now() + LAST_WORDS;
        while !self.thread.is_finished() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn tick(view: &dyn View, asked: &mpsc::Receiver<Option<String>>) {
    loop {
        match asked.recv_timeout(TICK) {
            Err(RecvTimeoutError::Timeout) => view.tick(Instant::now()),
            Ok(error) => return view.end(error.as_deref()),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use regcli::transfer::Event;

    use super::*;

    /// Notes what it is told.
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
        fn tick(&self, _: Instant) {
            self.note("tick");
        }

        fn end(&self, error: Option<&str>) {
            self.note(format!("end {error:?}"));
        }
    }

    #[tokio::test]
    async fn a_copy_is_drawn_until_its_end_is_told_once() {
        for (error, told) in [(None, "end None"), (Some("no".to_owned()), "end Some(\"no\")")] {
            let notes = Arc::new(Notes::default());
            let shown = Shown::begin(Some(Arc::<Notes>::clone(&notes)));
            while notes.0.lock().unwrap().is_empty() {
                thread::sleep(TICK);
            }
            shown.end(error).await;
            let notes = notes.0.lock().unwrap();
            let (last, before) = notes.split_last().unwrap();
            assert_eq!(last, told);
            assert!(before.iter().all(|note| note == "tick"), "{before:?}");
        }
    }

    #[test]
    fn a_copy_that_is_dropped_was_interrupted() {
        let notes = Arc::new(Notes::default());
        drop(Shown::begin(Some(Arc::<Notes>::clone(&notes))));
        assert_eq!(*notes.0.lock().unwrap(), ["end Some(\"interrupted\")"]);
    }

    #[test]
    fn a_view_that_hangs_does_not_keep_the_program_from_ending() {
        let notes = Arc::new(Notes::default());
        let shown = Shown::begin(Some(Arc::<Notes>::clone(&notes)));
        let begun = Instant::now();
        let held = notes.0.lock().unwrap();
        drop(shown);
        assert!(begun.elapsed() >= LAST_WORDS && begun.elapsed() < LAST_WORDS * 20);
        drop(held);
    }
}
