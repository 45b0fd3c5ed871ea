//! Files of each format, as people write them.

mod convert;
mod documents;
mod dregsy;
mod image_syncer;
mod own;
mod regsync;
mod shapes;
mod skopeo;

use super::{Destination, Error, Naming, ReadOptions, Reason, Recipe, Rule, SourceText, read};
use crate::reference::{Reference, Tag};

/// The variables that are set in these tests.
fn variable(name: &str) -> Option<String> {
    match name {
        "REGISTRY_HOST" => Some("registry.internal:5000".to_owned()),
        "PASSWORD" => Some("hunter2".to_owned()),
        _ => None,
    }
}

/// Reads one file.
fn parsed(name: &str, text: &str) -> Result<Recipe, Error> {
    parsed_to(name, text, None)
}

/// Reads one file, with a destination if its format has none.
fn parsed_to(name: &str, text: &str, to: Option<Destination>) -> Result<Recipe, Error> {
    let read = |to| read(&[SourceText { name, text }], &ReadOptions { to, env: &variable, format: None });
    match read(to) {
        Err(Error::OwnDestination { .. }) => read(None),
        other => other,
    }
}

#[test]
fn a_destination_is_only_for_files_that_name_none() {
    let read = |name, text| {
        let to = destination("mirror.example.com", Naming::Last);
        read(&[SourceText { name, text }], &ReadOptions { to, env: &variable, format: None })
    };
    assert!(read("l.txt", "nginx:1\n").is_ok());
    let own = read("r.toml", "[[sync]]\nsource = \"nginx\"\ntarget = \"m.example/x\"\n");
    assert_eq!(own.unwrap_err(), Error::OwnDestination { file: "r.toml".to_owned() });
}

fn destination(to: &str, naming: Naming) -> Option<Destination> {
    Some(Destination { to: to.to_owned(), naming })
}

/// Returns the message for a file that cannot be used.
#[track_caller]
fn refused(name: &str, text: &str) -> String {
    parsed_to(name, text, destination("mirror.example.com", Naming::Last)).expect_err(text).to_string()
}

/// Returns the tags that a rule selects from a list.
fn chosen(rule: &Rule, tags: &str) -> String {
    let tags: Vec<Tag> = tags.split_whitespace().map(|tag| tag.parse().unwrap()).collect();
    let chosen = rule.choose::<u8>(&tags, &std::collections::HashMap::new());
    chosen.kept.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
}

/// Returns where a rule copies an image to.
fn goes(rule: &Rule, image: &str) -> String {
    let image: Reference = image.parse().unwrap();
    let targets = rule.destinations(&image).unwrap();
    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Returns the names of all rules.
fn names(recipe: &Recipe) -> Vec<&str> {
    recipe.rules.iter().map(|rule| rule.name.as_str()).collect()
}

/// Returns the keys that have no effect, with their lines.
fn lost(recipe: &Recipe) -> Vec<(&str, usize, Reason)> {
    recipe.losses.iter().map(|loss| (loss.key.as_str(), loss.line, loss.reason)).collect()
}
