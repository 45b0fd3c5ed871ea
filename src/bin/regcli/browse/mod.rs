//! The screens of `regcli browse`.
//!
//! A [`model::Model`] is a stack of views. Keys and the results of work change it, and name the work to do next;
//! it does no I/O, and neither does drawing. All work runs beside the keys, in [`session`].

mod action;
mod columns;
mod draw;
mod entry;
mod file_tree;
mod help;
mod kind;
mod layout;
mod list;
mod message;
mod model;
mod navigation;
mod open;
mod rows;
mod session;
mod start;
mod style;
mod terminal;
#[cfg(test)]
mod tests;
mod typing;
mod view;
mod work;

pub(crate) use session::browse;
pub(crate) use start::Start;
