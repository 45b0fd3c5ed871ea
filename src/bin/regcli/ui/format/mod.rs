//! Results as people and scripts read them: Docker's words, units, tables and templates.

pub(crate) mod bar;
pub(crate) mod charset;
pub(crate) mod diff;
pub(crate) mod docker_words;
pub(crate) mod files;
pub(crate) mod fit;
pub(crate) mod inspect;
pub(crate) mod json;
pub(crate) mod preview;
pub(crate) mod referrers;
pub(crate) mod safe;
pub(crate) mod signatures;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod tree;
pub(crate) mod units;
pub(crate) mod wrap;
