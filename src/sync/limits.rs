//! The limits of what is read.

/// The largest file of rules, in bytes. 10,000 rules of 400 bytes are 4 MB.
pub const FILE_LIMIT: usize = 4 * 1024 * 1024;

/// The most rules in a recipe, after lists were expanded. The largest published files have some thousand lines.
pub const RULES_LIMIT: usize = 10_000;

/// The largest compiled regular expression, in bytes. A few kilobytes are usual; repetitions such as `\w{1000}{1000}`
/// take any amount.
pub(super) const REGEX_LIMIT: usize = 1024 * 1024;

/// The most values in a file of YAML. A rule has about ten.
pub(super) const YAML_NODES: usize = 250_000;

/// The most values that anchors expand to, so that a short file cannot take any amount of memory.
pub(super) const YAML_EXPANDED: usize = 100_000;

/// The most values of `defaults` in all rules together, because each rule gets a copy.
pub(super) const COPIED: usize = 1_000_000;

/// The longest key of YAML, in characters. image-syncer's keys list tags; the 1,024 of YAML are about a hundred tags.
pub(super) const KEY_LENGTH: usize = 64 * 1024;
