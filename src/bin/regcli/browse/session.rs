//! Runs the program: keys first, then what work reports.

use std::collections::HashMap;
use std::io;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Abortable, LocalBoxFuture};
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use ratatui::crossterm::event::Event;
use regcli::diagnose::Failure;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Duration, MissedTickBehavior, interval};

use super::draw;
use super::layout::Size;
use super::message::{Effect, Ending, Message, ViewId};
use super::model::Model;
use super::start::Start;
use super::terminal::{Keys, Screen, ScreenError};
use super::work::Worker;
use crate::context::Context;
use crate::ui::log;
use crate::ui::report::Reported;

/// How often the time of what is loading is drawn.
const SECOND: Duration = Duration::from_secs(1);

/// How many messages are taken before the screen is drawn.
const MESSAGES_MAX: usize = 64;

/// The exit code after `^C`, the same as after the signal.
const INTERRUPTED: u8 = 130;

/// Shows registries, or what `start` names, until the user quits.
///
/// # Errors
/// An error if there is no terminal, or if it fails. Errors of registries are shown.
///
/// # Cancel safety
/// Dropping the future gives the terminal back. A deletion that has been sent may still happen.
pub(crate) async fn browse(context: &Context, start: Option<Start>) -> Result<(), Failure> {
    let (_held, _log) = (context.ui.hold(), log::hold());
    let screen = Screen::take()?;
    let keys = Keys::read().map_err(ScreenError::from)?;
    let kind = start.map_or(super::kind::Kind::Registries, Start::kind);
    let (model, effects) = Model::begin(kind, screen.size().map_err(ScreenError::from)?);
    let (sender, messages) = unbounded_channel();
    let worker = Worker::new(context, sender);
    let work = Work { worker: &worker, running: FuturesUnordered::new(), handles: HashMap::new() };
    let mut session = Session { screen, model, work };
    let ending = session.run(effects, keys, messages).await.map_err(ScreenError::from)?;
    match ending {
        Ending::Quit => Ok(()),
        Ending::Interrupted => Err(Reported(INTERRUPTED).into()),
    }
}

struct Session<'a> {
    screen: Screen,
    model: Model,
    work: Work<'a>,
}

/// The work that is being done.
struct Work<'a> {
    worker: &'a Worker<'a>,
    running: FuturesUnordered<LocalBoxFuture<'a, ()>>,
    handles: HashMap<ViewId, Vec<AbortHandle>>,
}

/// What has happened.
enum Happening {
    Key(Option<io::Result<Event>>),
    Message(Option<Message>),
    Finished,
    Tick,
}

impl Session<'_> {
    async fn run(
        &mut self,
        effects: Vec<Effect>,
        mut keys: Keys,
        mut messages: UnboundedReceiver<Message>,
    ) -> io::Result<Ending> {
        let mut ticks = interval(SECOND);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ending = self.apply(effects)?;
        while ending.is_none() {
            self.draw()?;
            let happening = tokio::select! {
                biased;
                event = keys.events.recv() => Happening::Key(event),
                message = messages.recv() => Happening::Message(message),
                Some(()) = self.work.running.next() => Happening::Finished,
                _ = ticks.tick() => Happening::Tick,
            };
            let effects = match happening {
                Happening::Key(Some(event)) => self.model.event(&event?),
                Happening::Key(None) => return Ok(Ending::Quit),
                Happening::Message(message) => {
                    let more = std::iter::from_fn(|| messages.try_recv().ok()).take(MESSAGES_MAX);
                    let all: Vec<_> = message.into_iter().chain(more).collect();
                    all.into_iter().flat_map(|message| self.model.message(message)).collect()
                }
                Happening::Finished => Vec::new(),
                Happening::Tick => {
                    self.model.tick(self.work.worker.wait());
                    Vec::new()
                }
            };
            ending = self.apply(effects)?;
        }
        Ok(ending.unwrap_or(Ending::Quit))
    }

    fn draw(&mut self) -> io::Result<()> {
        let (model, look) = (&self.model, self.screen.look);
        self.screen.terminal.draw(|frame| {
            draw::Screen { buffer: frame.buffer_mut(), look, now: Timestamp::now() }.draw(model);
        })?;
        Ok(())
    }

    /// Does what the model wants. Returns how the program ends, if it does.
    fn apply(&mut self, effects: Vec<Effect>) -> io::Result<Option<Ending>> {
        for effect in effects {
            match effect {
                Effect::Run(view, job) => self.work.begin(view, self.work.worker.run(view, job)),
                Effect::Abort(view) => self.work.abort(view),
                Effect::Copy(text) => self.screen.copy(&text)?,
                Effect::Suspend => {
                    self.screen.suspend()?;
                    let Size { columns, lines } = self.screen.size()?;
                    self.model.event(&Event::Resize(columns, lines));
                }
                Effect::Redraw => self.screen.forget()?,
                Effect::Quit(ending) => return Ok(Some(ending)),
            }
        }
        Ok(None)
    }
}

impl<'a> Work<'a> {
    fn begin(&mut self, view: ViewId, work: LocalBoxFuture<'a, ()>) {
        let (handle, registration) = AbortHandle::new_pair();
        self.handles.entry(view).or_default().push(handle);
        let work = Abortable::new(work, registration);
        self.running.push(Box::pin(async move {
            // Work that is stopped has nothing to report.
            let _ = work.await;
        }));
    }

    fn abort(&mut self, view: ViewId) {
        self.handles.remove(&view).into_iter().flatten().for_each(|handle| handle.abort());
    }
}
