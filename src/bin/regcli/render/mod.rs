//! Turns results into what people and scripts read: Docker's words, units, tables and templates.

pub(crate) mod docker_words;
pub(crate) mod json;
pub(crate) mod safe;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod units;
