//! The terminal: its modes, its keys, and its clipboard.

use std::io::{self, IsTerminal as _, Write as _};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, DisableMouseCapture, EnableMouseCapture, Event};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use regcli::diagnose::{Diagnose, ErrorKind};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::layout::Size;
use super::style::Look;
use crate::signals;
use crate::ui::format::charset::Charset;
use crate::ui::streams;

/// How long the thread that reads keys waits before it looks whether it is still needed.
const PAUSE: Duration = Duration::from_millis(100);

/// Why the program cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScreenError {
    /// There is no terminal.
    #[error("browse needs a terminal for its input and its output")]
    NoTerminal,
    /// The terminal cannot place the cursor.
    #[error("browse needs a terminal that can do more than TERM=dumb")]
    Dumb,
    /// The terminal failed.
    #[error("cannot use the terminal")]
    Io(#[from] io::Error),
}

impl Diagnose for ScreenError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoTerminal | Self::Dumb => ErrorKind::Usage,
            Self::Io(_) => ErrorKind::Other,
        }
    }
}

/// The terminal in the modes of a full-screen program, until dropped.
pub(super) struct Screen {
    pub(super) terminal: Terminal<CrosstermBackend<io::Stdout>>,
    pub(super) look: Look,
}

impl Screen {
    /// Takes the terminal. A panic gives it back before its message is shown.
    ///
    /// # Errors
    /// [`ScreenError`] if there is none, or if it fails.
    pub(super) fn take() -> Result<Self, ScreenError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(ScreenError::NoTerminal);
        }
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return Err(ScreenError::Dumb);
        }
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            leave();
            earlier(info);
        }));
        let look = Look { charset: Charset::of_locale(), has_colours: streams::has_colours(&io::stdout()) };
        enter().inspect_err(|_| leave())?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| leave())?;
        Ok(Self { terminal, look })
    }

    /// Returns the size.
    ///
    /// # Errors
    /// An error of the terminal.
    pub(super) fn size(&self) -> io::Result<Size> {
        let size = self.terminal.size()?;
        Ok(Size { columns: size.width, lines: size.height })
    }

    /// Draws everything the next time, whatever other programs have written.
    ///
    /// # Errors
    /// An error of the terminal.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }

    /// Copies a text to the clipboard, where the terminal supports OSC 52. Others ignore it.
    ///
    /// # Errors
    /// An error of the terminal.
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout();
        write!(stdout, "\u{1b}]52;c;{}\u{7}", STANDARD.encode(text))?;
        stdout.flush()
    }

    /// Gives the terminal back, stops the process as `^Z` does, and takes the terminal when it continues.
    ///
    /// # Errors
    /// An error of the terminal.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        leave();
        signals::suspend()?;
        enter()?;
        self.forget()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, Hide)
}

/// Gives the terminal back. A terminal that is gone needs nothing.
fn leave() {
    let _ = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
    let _ = terminal::disable_raw_mode();
}

/// What the user does, read by a thread of its own, so that nothing delays it.
pub(super) struct Keys {
    pub(super) events: UnboundedReceiver<io::Result<Event>>,
    is_over: Arc<AtomicBool>,
}

impl Keys {
    /// Starts to read.
    ///
    /// # Errors
    /// An error if the system gives no thread.
    pub(super) fn read() -> io::Result<Self> {
        let (sender, events) = unbounded_channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        thread::Builder::new().name("keys".to_owned()).spawn(move || pump(&sender, &over))?;
        Ok(Self { events, is_over })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn pump(sender: &UnboundedSender<io::Result<Event>>, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let event = match event::poll(PAUSE) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let is_error = event.is_err();
        if sender.send(event).is_err() || is_error {
            return;
        }
    }
}
