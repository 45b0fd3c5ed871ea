//! Opens views, loads them, and closes them.

use super::help;
use super::kind::Kind;
use super::message::{Effect, Job, ViewId};
use super::model::Model;
use super::open;
use super::rows;
use super::typing::Typing;
use super::view::{Phase, View};

/// The maximum number of views on each other. A directory takes one.
const DEPTH_MAX: usize = 200;

impl Model {
    /// Opens a view on top of the others.
    pub(super) fn push(&mut self, kind: Kind) -> Vec<Effect> {
        if self.stack.len() >= DEPTH_MAX {
            self.status = Some("Too many views are open: go back first".to_owned());
            return Vec::new();
        }
        let id = self.next_id;
        self.next_id += 1;
        let mut view = View::of(id, kind.clone());
        match &kind {
            Kind::Folder(tree, node) => view.list.replace(rows::folder(tree, *node)),
            Kind::Help => view.list.replace(help::entries()),
            _ => self.typing = Typing::first(&kind),
        }
        let is_loaded = kind.is_loaded();
        self.stack.push(view);
        if is_loaded { vec![Effect::Run(id, Job::Load(kind))] } else { Vec::new() }
    }

    pub(super) fn open(&mut self) -> Vec<Effect> {
        let opens = self.view().list.current().map(|entry| entry.opens.clone());
        match opens {
            Some(Some(kind)) => self.push(*kind),
            Some(None) if !self.view().is_document() => {
                self.status = Some("There is nothing to open".to_owned());
                Vec::new()
            }
            Some(None) | None => Vec::new(),
        }
    }

    /// Opens what an action needs, or says why it cannot.
    pub(super) fn try_to(&mut self, kind: fn(&View) -> Result<Kind, &'static str>) -> Vec<Effect> {
        match kind(self.view()) {
            Ok(kind) => self.push(kind),
            Err(reason) => {
                self.status = Some(reason.to_owned());
                Vec::new()
            }
        }
    }

    /// Closes the visible view, unless it is the first one.
    pub(super) fn back(&mut self) -> Vec<Effect> {
        if self.is_deleting() {
            self.status = Some("The registry is deleting: wait for it, or quit with ^C".to_owned());
            return Vec::new();
        }
        if self.stack.len() == 1 {
            self.status = Some("This is the first view: q quits".to_owned());
            return Vec::new();
        }
        self.typing = None;
        let closed = self.stack.pop();
        closed.map(|view| Effect::Abort(view.id)).into_iter().collect()
    }

    pub(super) fn clear(&mut self) -> Vec<Effect> {
        let list = &mut self.view_mut().list;
        if !list.filter().is_empty() {
            list.set_filter(String::new());
        } else if !list.unmark() {
            return self.back();
        }
        Vec::new()
    }

    /// Loads the visible view again.
    pub(super) fn retry(&mut self) -> Vec<Effect> {
        let view = self.view();
        if !view.kind.is_loaded() || self.is_deleting() {
            return Vec::new();
        }
        let (old, kind) = (view.id, view.kind.clone());
        let (filter, order, term) = (view.list.filter().to_owned(), view.list.order(), view.term.clone());
        let job = match &kind {
            Kind::Search(registry) => Job::Search(registry.clone(), term.clone()),
            kind => Job::Load(kind.clone()),
        };
        let id = self.next_id;
        self.next_id += 1;
        let mut view = View::of(id, kind);
        view.title.clone_from(&self.view().title);
        view.list.set_filter(filter);
        view.list.set_order(order);
        view.term = term;
        *self.view_mut() = view;
        vec![Effect::Abort(old), Effect::Run(id, job)]
    }

    pub(super) fn is_deleting(&self) -> bool {
        matches!(self.view().kind, Kind::Deletion(_, Some(_))) && self.view().is_loading()
    }

    /// Deletes, if that is what was typed.
    pub(super) fn confirm(&mut self, text: &str) -> Vec<Effect> {
        let view = self.view_mut();
        match open::confirmed(view, text) {
            Ok(job) => {
                view.phase = Phase::Loading("deleting".to_owned());
                vec![Effect::Run(view.id, job)]
            }
            Err(reason) => {
                self.status = Some(reason);
                self.typing = Typing::first(&self.view().kind);
                Vec::new()
            }
        }
    }

    /// Returns to the list that has lost something, and loads it again.
    pub(super) fn deleted(&mut self, view: ViewId, text: String) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.view().id == view {
            self.typing = None;
            self.stack.pop();
            effects = self.retry();
        }
        self.status = Some(text);
        effects
    }

    /// Returns the work of reading what the visible tags are, unless that is being done.
    pub(super) fn describe(&mut self) -> Option<Effect> {
        let lines = self.layout().rows.len();
        let view = self.view_mut();
        let Kind::Tags(name) = &view.kind else { return None };
        if view.is_describing {
            return None;
        }
        let visible = view.visible(lines);
        let bare = visible.filter_map(|row| view.list.get(row)?.bare_tag.as_deref().cloned());
        let bare: Vec<_> = bare.collect();
        if bare.is_empty() {
            return None;
        }
        view.is_describing = true;
        Some(Effect::Run(view.id, Job::Describe(name.clone(), bare)))
    }
}
