//! Brings news to a view.

use regcli::diagnose::Failure;
use tokio::sync::mpsc::UnboundedSender;

use crate::browse::message::{Message, News, Trouble, ViewId};
use crate::ui::format::safe::safe;
use crate::ui::{hints, report};

/// Brings what has come to the view that waits for it.
#[derive(Clone, Debug)]
pub(super) struct Courier {
    pub(super) view: ViewId,
    pub(super) sender: UnboundedSender<Message>,
}

impl Courier {
    /// Brings news.
    pub(super) fn bring(&self, news: News) {
        // Without a receiver, the program has ended.
        let _ = self.sender.send(Message { view: self.view, news });
    }

    /// Brings the end of work that reports its results itself.
    pub(super) fn end(&self, result: Result<Option<String>, Failure>) {
        self.bring(match result {
            Ok(missing) => News::Done(missing),
            Err(failure) => News::Failed(trouble(&failure)),
        });
    }
}

/// Returns an error in words.
pub(super) fn trouble(failure: &Failure) -> Trouble {
    let hint = failure.hint().map(|hint| hints::words(&hint));
    Trouble {
        text: safe(&report::on_one_line(failure)).into_owned(),
        hint: hint.map(|hint| safe(&hint).into_owned()),
    }
}
