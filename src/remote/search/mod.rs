//! Searches a registry with the kind of search that its software has.

mod choice;
mod collection;
mod dialect;
mod dialects;
mod hub;
mod request;

pub use request::{Detail, Search, SearchRequest};
