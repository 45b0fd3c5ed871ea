//! `sync`: what two registries cost that are equal, what a plan says, and what becomes of it.

mod apply;
mod deletes;
mod files;
mod hosts;
mod plan;
mod referrers;
mod reports;
mod shards;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Counted;
use crate::support::{Fixture, Home, Kind, Outcome};

at_every_registry! {
    a_whole_registry_arrives_and_costs_a_question_an_end_and_tag_from_then_on,
    a_repository_is_synchronised_by_its_name,
    several_rules_and_targets_are_one_sync,
    platforms_are_compared_without_moving_anything,
}

/// Repositories with the same tags. All images of a repository share a layer, and all repositories another one.
struct Corpus {
    repositories: Vec<(String, Vec<Fixture>)>,
}

impl Corpus {
    fn new(repositories: usize, tags: usize) -> Self {
        let image = |repository: usize, tag: usize| {
            let layers = [
                Fixture::layer("base", 3000),
                Fixture::layer(&format!("repository {repository}"), 2000),
                Fixture::layer(&format!("image {repository} {tag}"), 1000),
            ];
            let author = format!("{repository} {tag}");
            Fixture::with_config(json!({"architecture": "amd64", "os": "linux", "author": author}), &layers)
        };
        let images = |repository| (0..tags).map(|tag| image(repository, tag)).collect();
        Self {
            repositories: (0..repositories).map(|number| (format!("app{number}"), images(number))).collect(),
        }
    }

    /// Every image with its repository and tag.
    fn images(&self) -> impl Iterator<Item = (&str, String, &Fixture)> {
        self.repositories.iter().flat_map(|(name, images)| {
            images.iter().enumerate().map(move |(tag, image)| (name.as_str(), format!("1.{tag}"), image))
        })
    }

    fn seed(&self, registry: &Counted, below: &str) {
        for (name, tag, image) in self.images() {
            registry.api(&format!("{below}{name}")).seed(image, &tag);
        }
        registry.proxy.forget();
    }

    #[track_caller]
    fn is_at(&self, registry: &Counted, below: &str) {
        for (name, tag, image) in self.images() {
            registry.api(&format!("{below}{name}")).holds(image, &tag);
        }
    }

    fn bytes(&self) -> u64 {
        let blobs = self.images().flat_map(|(_, _, image)| &image.blobs);
        let blobs: std::collections::BTreeMap<_, _> = blobs.map(|blob| (&blob.digest, blob.size)).collect();
        blobs.values().sum()
    }
}

/// Two registries, the first one with images below `team/`.
struct Pair {
    from: Counted,
    to: Counted,
    home: Home,
    corpus: Corpus,
}

impl Pair {
    fn seeded(kind: Kind, corpus: Corpus) -> Self {
        let (from, to) = (Counted::open(kind), Counted::open(kind));
        corpus.seed(&from, "team/");
        Self { from, to, home: Home::fresh(), corpus }
    }

    /// Runs `sync SOURCE/team/ DESTINATION/mirror/` with these flags.
    fn sync(&self, flags: &[&str]) -> Outcome {
        let (source, destination) = (self.from.at("team/"), self.to.at("mirror/"));
        self.home.run([&["sync"], flags, &[&source, &destination]].concat())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file of rules and returns its path.
    fn rules(&self, toml: &str) -> String {
        let path = self.file("sync.toml");
        let toml = toml.replace("FROM", &self.from.proxy.host()).replace("TO", &self.to.proxy.host());
        std::fs::write(&path, toml).unwrap();
        path.display().to_string()
    }

    fn forget(&self) {
        self.from.proxy.forget();
        self.to.proxy.forget();
    }

    /// How many requests both ends got that begin like this.
    fn calls(&self, begin: &str) -> (usize, usize) {
        let count = |end: &Counted| end.calls().iter().filter(|call| call.starts_with(begin)).count();
        (count(&self.from), count(&self.to))
    }
}

/// The objects of `--format json`.
fn objects(outcome: &Outcome) -> Vec<Value> {
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn a_whole_registry_arrives_and_costs_a_question_an_end_and_tag_from_then_on(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(3, 4));
    let first = pair.sync(&[]).succeeds();
    assert!(first.stderr.contains("12 created; "), "{first}");
    assert_eq!(first.stdout.lines().count(), 12, "a line for each tag");
    pair.corpus.is_at(&pair.to, "mirror/");
    let bytes = pair.corpus.bytes();
    assert_eq!(
        (pair.from.proxy.blob_bytes_taken(), pair.to.proxy.blob_bytes_sent()),
        (bytes, bytes),
        "each once"
    );
    pair.forget();

    let second = pair.sync(&[]).succeeds();
    assert!(second.stderr.contains("12 unchanged; 0B moved"), "{second}");
    assert_eq!(second.stdout, "");
    assert_eq!(pair.calls("HEAD"), (12, 12));
    assert_eq!(pair.calls("GET"), (4, 0), "the catalog and three lists: {:#?}", pair.from.calls());
    assert_eq!(pair.to.calls().len(), 12);
}

fn a_repository_is_synchronised_by_its_name(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(2, 2));
    let (source, destination) = (pair.from.at("team/app1"), pair.to.at("copies/one"));
    let synced = pair.home.run(["sync", &source, &destination]).succeeds();
    let mut lines: Vec<_> = synced.stdout.lines().collect();
    lines.sort_unstable();
    let images = &pair.corpus.repositories[1].1;
    let expected = [0, 1].map(|tag| format!("{destination}:1.{tag}@{}", images[tag].root.digest));
    assert_eq!(lines, expected);
    images
        .iter()
        .enumerate()
        .for_each(|(tag, image)| pair.to.api("copies/one").holds(image, &format!("1.{tag}")));
    assert_eq!(pair.calls("GET /v2/_catalog").0, 0);
}

fn several_rules_and_targets_are_one_sync(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(2, 3));
    let rules = pair.rules(
        "[[sync]]\nsource = \"FROM/team/app0\"\ntarget = [\"TO/a/app0\", \"TO/b/app0\"]\ntags = { names = [\"1.0\"] }\n\
         [[sync]]\nsource = \"FROM/team/\"\ntarget = \"TO/all/{name}\"\nrepositories = { glob = \"team/*1\" }\n\
         tags = { glob = \"1.*\", exclude = \"1.1\" }\n",
    );
    let synced = pair.home.run(["sync", "-f", &rules]).succeeds();
    assert!(synced.stderr.contains("4 created; "), "{synced}");
    let (rule, other) = (pair.from.at("team/app0"), pair.from.at("team/"));
    let width = rule.len().max(other.len()) + 3;
    let line = |rule: &str, rest: &str| format!("{rule:width$}{rest}");
    let table = [
        line("RULE", "COPIED    DELETED   UNCHANGED   FAILED    MOVED"),
        line(&rule, "2         0"),
        line(&other, "2         0"),
    ];
    table.iter().for_each(|line| assert!(synced.stderr.contains(line), "{line}\n{synced}"));
    let image = |repository: usize, tag: usize| &pair.corpus.repositories[repository].1[tag];
    pair.to.api("a/app0").holds(image(0, 0), "1.0");
    pair.to.api("b/app0").holds(image(0, 0), "1.0");
    pair.to.api("all/app1").holds(image(1, 0), "1.0");
    pair.to.api("all/app1").holds(image(1, 2), "1.2");
    assert!(pair.to.api("all/app1").manifest("1.1").is_none());
    pair.forget();
    pair.home.run(["sync", "-f", &rules]).succeeds();
    // The first image is asked about once, although it has two targets.
    assert_eq!(pair.calls("HEAD"), (3, 4));
}

fn platforms_are_compared_without_moving_anything(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let fixture = Fixture::multi_platform();
    from.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let (source, destination) = (from.at("app"), to.at("app"));
    let sync = || home.run(["sync", "--platform", "linux/amd64", &source, &destination]).succeeds();
    assert!(sync().stderr.contains("1 created; "));
    from.proxy.forget();
    to.proxy.forget();
    let again = sync();
    assert!(again.stderr.contains("1 unchanged; 0B moved"), "{again}");
    assert_eq!(to.calls().len(), 1);
    assert_eq!(from.calls(), ["GET /v2/app/tags/list", "HEAD /v2/app/manifests/1"], "the index is known");
}

#[test]
fn a_thousand_unchanged_tags_are_one_screen() {
    let corpus = Corpus::new(1, 1);
    let pair = Pair::seeded(Kind::Embedded, corpus);
    let tags: Vec<String> = (0..1000).map(|number| format!("t{number}")).collect();
    let image = &pair.corpus.repositories[0].1[0];
    pair.from.api("team/app0").tag(image, &tags);
    pair.sync(&["-q"]).succeeds();
    pair.forget();
    let again = pair.sync(&[]).succeeds();
    assert_eq!(pair.calls("HEAD"), (1001, 1001));
    assert!(again.stderr.lines().count() + again.stdout.lines().count() < 5, "{again}");
    assert!(again.stderr.contains("1001 unchanged"), "{again}");
}
