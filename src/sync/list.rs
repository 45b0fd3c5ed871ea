//! A plain list: one reference a line, with an optional platform.
//!
//! ```text
//! # base images
//! nginx:1.27
//! --platform=linux/arm64 quay.io/prometheus/node-exporter:v1.8.2
//! ```

use std::collections::HashMap;

use super::error::Problem;
use super::limits::RULES_LIMIT;
use super::origin::Origin;
use super::recipe::{Recipe, Rule};
use super::tags::TagSet;
use super::template::Template;
use super::tree::{Place, Read, Word};
use crate::image::Platform;
use crate::reference::Reference;

/// Reads a file. All images go to `target`. A reference without a tag is `latest`.
pub(super) fn read(text: &str, target: &Template) -> Read<Recipe> {
    let mut recipe = Recipe::default();
    let mut seen = HashMap::new();
    let lines = text.lines().enumerate().map(|(index, text)| Line::new(index + 1, text));
    for line in lines.filter(|line| !line.text.is_empty()) {
        if recipe.rules.len() == RULES_LIMIT {
            return line.word(line.text).place.fail(Problem::TooMany);
        }
        let wanted = line.read()?;
        // One image for several platforms stands in several lines; apart they would replace each other.
        match seen.get(&wanted.image).and_then(|index: &usize| recipe.rules.get_mut(*index)) {
            Some(same) if same.platforms.is_empty() || wanted.platform.is_none() => same.platforms.clear(),
            Some(same) => same.platforms.extend(wanted.platform.filter(|new| !same.platforms.contains(new))),
            None => {
                seen.insert(wanted.image.clone(), recipe.rules.len());
                recipe.rules.push(wanted.rule(target));
            }
        }
    }
    Ok(recipe)
}

/// Reports whether a line is an image with an optional platform.
pub(super) fn is_line(text: &str) -> bool {
    let line = Line::new(1, text);
    let image = match line.platform() {
        Some((_, image)) => return !image.is_empty(),
        None => line.text,
    };
    !image.starts_with(['{', '[', '"', '\'', '-'])
        && !image.contains(": ")
        && !image.ends_with(':')
        && !image.contains('=')
}

/// A line without its comment.
struct Line<'a> {
    number: usize,
    whole: &'a str,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn new(number: usize, whole: &'a str) -> Self {
        let comment = if whole.trim_start().starts_with('#') { Some(0) } else { whole.find(" #") };
        Self { number, whole, text: whole[..comment.unwrap_or(whole.len())].trim() }
    }

    /// Returns a part of the line with its place.
    fn word(&self, part: &'a str) -> Word<'a> {
        let before = self.whole.find(part).map_or("", |start| &self.whole[..start]);
        Word { text: part, place: Place { line: self.number, column: before.chars().count() + 1 } }
    }

    /// Splits off `--platform=X` or `--platform X`.
    fn platform(&self) -> Option<(&'a str, &'a str)> {
        let rest = self.text.strip_prefix("--platform")?;
        let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix(' '))?.trim_start();
        let (platform, image) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        Some((platform, image.trim_start()))
    }

    fn read(&self) -> Read<Wanted> {
        let (platform, image) =
            self.platform().map_or((None, self.text), |(platform, image)| (Some(platform), image));
        let image = self.word(image).parse(|text| {
            let fail = |source| Problem::Reference { text: text.to_owned(), source };
            text.parse::<Reference>().map_err(fail)
        })?;
        let parse = |text: &str| text.parse::<Platform>().map_err(Problem::from);
        let platform = platform.map(|platform| self.word(platform).parse(parse)).transpose()?;
        Ok(Wanted { image: image.or_latest(), platform })
    }
}

/// The content of a line.
struct Wanted {
    image: Reference,
    platform: Option<Platform>,
}

impl Wanted {
    fn rule(self, target: &Template) -> Rule {
        let mut rule = Rule::new(Origin::Repository(self.image.name.clone()), vec![target.clone()]);
        rule.tags = vec![TagSet::of(self.image)];
        rule.platforms = self.platform.into_iter().collect();
        rule
    }
}
