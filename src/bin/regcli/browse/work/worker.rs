//! What all work needs.

use std::time::Instant;

use regcli::image::Platform;
use regcli::ops::Access;
use regcli::reference::Registry;
use regcli::store::Store;
use tokio::sync::mpsc::UnboundedSender;

use crate::browse::message::Message;
use crate::context::Context;
use crate::ui::progress::waits;

/// The columns for what is waited for.
const WAIT: usize = 60;

/// What all work needs: the registries, the store, and where its results go.
pub(in crate::browse) struct Worker<'a> {
    pub(super) context: &'a Context,
    /// The store, which never waits for other processes here, because a note about that would disturb the screen.
    pub(super) store: Option<Store>,
    /// This machine, whose image stands for an index.
    pub(super) platform: Platform,
    pub(super) sender: UnboundedSender<Message>,
}

impl<'a> Worker<'a> {
    /// Creates a worker that sends its messages to `sender`.
    pub(in crate::browse) fn new(context: &'a Context, sender: UnboundedSender<Message>) -> Self {
        let store = context.config.store().ok().map(|root| Store::open(root).private());
        Self { context, store, platform: Platform::host_with_level(), sender }
    }

    /// Returns access to the registries and the store.
    pub(super) fn access(&self) -> Access<'_> {
        self.context.access(self.store.as_ref())
    }

    /// Returns which server is waited for, and why, once that has lasted for a moment.
    pub(in crate::browse) fn wait(&self) -> Option<String> {
        let now = Instant::now();
        let waits = self.context.remote.waits().now();
        waits::worth_telling(&waits, now).map(|wait| waits::row(wait, now, WAIT))
    }

    /// Reports whether there are no credentials for a registry.
    pub(super) async fn is_anonymous(&self, registry: &Registry) -> bool {
        let known = self.context.keychain.accounts().await.accounts;
        !known.iter().any(|account| account.registry == *registry)
    }
}
