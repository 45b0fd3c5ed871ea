//! Writes a recipe in regcli's own format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::origin::Origin;
use super::pattern::{Filter, Pattern, Syntax};
use super::range::{Prereleases, Range};
use super::recipe::{Recipe, Referrers, Rule};
use super::tags::{Order, Pinned, TagSet};
use super::template::{Rewrite, Root, Template};
use crate::reference::Tag;

/// Lists that are longer are written with one element a line.
const LINE: usize = 100;

impl Recipe {
    /// Returns the rules as TOML, which is read back to the same rules. Credentials are not written.
    pub fn to_toml(&self) -> String {
        let rules: Vec<String> = self.rules.iter().map(rule).collect();
        rules.join("\n")
    }
}

fn rule(rule: &Rule) -> String {
    let mut text = String::from("[[sync]]\n");
    let mut put = |key: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{key} = {value}");
    };
    put("source", quoted(&rule.source.to_string()));
    put("target", strings(rule.targets.iter().map(Template::as_str)));
    if let Origin::Registry { repositories, .. } = &rule.source
        && *repositories != Filter::default()
    {
        put("repositories", filter(repositories));
    }
    if !rule.tags.is_empty() {
        put("tags", sets(&rule.tags));
    }
    if !rule.keep.is_empty() {
        put("keep", sets(&rule.keep));
    }
    if !rule.rename.is_empty() {
        put("rename", rename(&rule.rename));
    }
    if let Some(change) = &rule.rewrite {
        put("rewrite", rewrite(change));
    }
    if !rule.platforms.is_empty() {
        let platforms = rule.platforms.iter().map(|platform| quoted(&platform.to_string()));
        put("platforms", list(&platforms.collect::<Vec<_>>()));
    }
    if rule.referrers == Referrers::Carry {
        put("referrers", "true".to_owned());
    }
    text
}

/// An inline table.
#[derive(Default)]
struct Table(Vec<String>);

impl Table {
    fn put(&mut self, key: &str, value: &str) {
        self.0.push(format!("{key} = {value}"));
    }

    /// Adds strings, unless there are none.
    fn put_strings<'a>(&mut self, key: &str, values: impl IntoIterator<Item = &'a str>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            self.put(key, &strings(values));
        }
    }

    fn put_patterns(&mut self, keys: [&str; 2], patterns: &[Pattern]) {
        for (key, syntax) in keys.into_iter().zip([Syntax::Glob, Syntax::Regex]) {
            let of_syntax = patterns.iter().filter(|pattern| pattern.syntax() == syntax);
            self.put_strings(key, of_syntax.map(Pattern::as_str));
        }
    }

    fn text(&self) -> String {
        if self.0.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", self.0.join(", ")) }
    }
}

fn sets(sets: &[TagSet]) -> String {
    match sets {
        [one] => set(one),
        several => list(&several.iter().map(set).collect::<Vec<_>>()),
    }
}

fn set(set: &TagSet) -> String {
    let mut table = Table::default();
    table.put_strings("names", set.names.iter().map(Tag::as_str));
    let digests: Vec<String> = set.digests.iter().map(pinned).collect();
    table.put_strings("digests", digests.iter().map(String::as_str));
    table.put_patterns(["glob", "regex"], &set.patterns);
    table.put_strings("semver", set.semver.iter().map(Range::as_str));
    if set.prereleases == Prereleases::All {
        table.put("prereleases", "true");
    }
    table.put_patterns(["exclude", "exclude-regex"], &set.exclude);
    if let Some(newest) = set.newest {
        table.put("newest", &newest.count.to_string());
        if newest.by == Order::Date {
            table.put("by", "\"date\"");
        }
    }
    table.text()
}

fn pinned(pinned: &Pinned) -> String {
    match &pinned.tag {
        Some(tag) => format!("{tag}@{}", pinned.digest),
        None => pinned.digest.to_string(),
    }
}

fn filter(filter: &Filter) -> String {
    let mut table = Table::default();
    table.put_strings("names", filter.names.iter().map(String::as_str));
    table.put_patterns(["glob", "regex"], &filter.patterns);
    table.put_patterns(["exclude", "exclude-regex"], &filter.exclude);
    table.text()
}

fn rename(rename: &BTreeMap<Tag, Tag>) -> String {
    let mut table = Table::default();
    for (from, to) in rename {
        table.put(&quoted(from.as_str()), &quoted(to.as_str()));
    }
    table.text()
}

fn rewrite(rewrite: &Rewrite) -> String {
    let mut table = Table::default();
    table.put("regex", &quoted(rewrite.expression()));
    table.put("with", &quoted(rewrite.replacement()));
    if rewrite.root() == Root::Slash {
        table.put("slash", "true");
    }
    table.text()
}

/// Returns one string, or a list of several.
fn strings<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.into_iter().map(quoted).collect();
    match &values[..] {
        [one] => one.clone(),
        several => list(several),
    }
}

fn list(values: &[String]) -> String {
    let line = values.join(", ");
    if line.len() <= LINE {
        return format!("[{line}]");
    }
    let lines = values.iter().map(|value| format!("    {value},\n"));
    format!("[\n{}]", lines.collect::<String>())
}

/// Returns a string of TOML: a literal one where that spares backslashes.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && c != '\'';
    if text.contains('\\') && text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted + "\""
}
