//! Properties that hold for any foreign bytes: one function per parser, each with a fuzz target.
//!
//! A function takes any bytes and fails by panicking. The targets in `fuzz_targets/` call it with the
//! inputs of libFuzzer. `tests/corpus.rs` of the main package includes this file and calls it with every
//! file of `corpus/TARGET/`, so that fixed bugs do not return.

pub mod answers;
pub mod archive;
pub mod challenge;
pub mod configuration;
pub mod content_range;
pub mod docker_config;
pub mod files;
pub mod headers;
pub mod image;
pub mod link;
pub mod mentions;
pub mod packages;
pub mod reference;
pub mod serve;
pub mod signature;
pub mod template;
pub mod terminal;

/// The program's own modules that turn foreign text into output. No library contains them.
#[allow(dead_code, unused_imports, reason = "the program uses all of them")]
#[path = "../../src/bin/regcli/ui/format"]
mod render {
    pub(crate) mod charset;
    pub(crate) mod fit;
    pub(crate) mod json;
    pub(crate) mod safe;
    pub(crate) mod table;
    pub(crate) mod template;
}

/// Panics if the property does not hold for these bytes.
pub type Property = fn(&[u8]);

/// All targets: the name of the target and of its corpus, and the property.
pub const TARGETS: [(&str, Property); 17] = [
    ("answers", answers::check),
    ("archive", archive::check),
    ("challenge", challenge::check),
    ("configuration", configuration::check),
    ("content_range", content_range::check),
    ("docker_config", docker_config::check),
    ("files", files::check),
    ("headers", headers::check),
    ("image", image::check),
    ("link", link::check),
    ("mentions", mentions::check),
    ("packages", packages::check),
    ("reference", reference::check),
    ("serve", serve::check),
    ("signature", signature::check),
    ("template", template::check),
    ("terminal", terminal::check),
];
