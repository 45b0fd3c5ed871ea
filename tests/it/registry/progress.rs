//! `--progress json`: the stream alone is enough to draw a bar that is true at any moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Fault, Fixture, Home, Kind, Outcome, Part};

use super::{Counted, keep};

at_every_registry! {
    a_pull_goes_from_nothing_to_all,
    a_slow_pull_is_told_a_few_times_a_second,
    a_pull_tells_what_was_there,
    a_pull_that_was_cut_tells_each_byte_once,
    a_pull_that_was_given_up_tells_its_end_and_what_the_next_one_resumes,
    a_pull_by_segments_that_were_cut_tells_each_byte_once,
    each_of_several_images_has_an_end_whatever_became_of_it,
    a_pull_of_all_tags_is_one_stream_of_several_images,
    a_push_tells_what_was_mounted_and_what_was_there,
    a_copy_names_its_destination,
    what_moves_nothing_has_an_end_too,
    an_interrupted_pull_says_so,
}

/// What a stream says about one image.
#[derive(Default)]
struct Image {
    /// The sizes of its blobs.
    sizes: BTreeMap<String, u64>,
    /// Where each blob is, by the events about it.
    positions: BTreeMap<String, u64>,
    /// What `total` objects said was done.
    done: Vec<u64>,
    /// Whether one of them said how fast it goes, and how long it will take.
    tells_time: bool,
    /// How many `advanced` objects a blob had at most.
    advanced: BTreeMap<String, usize>,
    end: Option<Value>,
}

impl Image {
    /// Takes in one object as a program would that draws a bar.
    fn take(&mut self, object: &Value) {
        assert!(self.end.is_none(), "after the end: {object}");
        let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| object[name].as_u64().unwrap_or_else(|| panic!("{name} of {object}"));
        let digest = text("digest");
        match text("event").as_str() {
            "planned" => {
                for blob in object["blobs"].as_array().unwrap() {
                    let size = blob["size"].as_u64().unwrap();
                    let twice = self.sizes.insert(blob["digest"].as_str().unwrap().to_owned(), size);
                    assert_eq!(twice, None, "each blob once");
                }
                assert_eq!(self.sizes.values().sum::<u64>(), number("bytes"));
            }
            "started" => {
                assert_eq!(self.sizes[&digest], number("size"));
                self.positions.insert(digest, number("offset"));
            }
            "advanced" => {
                let position = self.positions.get_mut(&digest).unwrap();
                *position += number("bytes");
                assert_eq!(*position, number("position"));
                *self.advanced.entry(digest).or_default() += 1;
            }
            "skipped" => drop(self.positions.insert(digest.clone(), self.sizes[&digest])),
            "finished" => assert_eq!(self.positions[&digest], self.sizes[&digest], "{object}"),
            "interrupted" => assert!(!text("cause").is_empty() && number("attempt") > 0),
            "total" => {
                assert!(object["eta"].is_null() || object["eta"].is_u64(), "{object}");
                self.tells_time |= number("rate") > 0 && object["eta"].is_u64();
                self.done.push(accounted(object));
            }
            "end" => {
                assert_eq!(accounted(object), self.positions.values().sum::<u64>(), "{object}");
                self.end = Some(object.clone());
            }
            other => panic!("what is {other}?"),
        }
    }

    fn end(&self) -> &Value {
        self.end.as_ref().expect("each image has an end")
    }

    /// A figure of the end.
    fn figure(&self, name: &str) -> u64 {
        self.end()[name].as_u64().unwrap()
    }

    /// Asserts that the bar went from 0 to 100 % and never back.
    fn is_complete(&self) {
        let bytes: u64 = self.sizes.values().sum();
        assert_eq!(self.positions, self.sizes);
        assert_eq!((self.figure("done"), self.figure("bytes")), (bytes, bytes));
        assert_eq!((self.figure("blobs_done"), self.figure("blobs")), {
            let blobs = self.sizes.len() as u64;
            (blobs, blobs)
        });
        assert_eq!(self.end()["error"], Value::Null);
        assert!(self.done.is_sorted(), "{:?}", self.done);
    }
}

/// What is done in an object of totals: all of it is accounted for, and it is no more than there is.
fn accounted(object: &Value) -> u64 {
    let number = |name: &str| object[name].as_u64().unwrap_or_else(|| panic!("{name} of {object}"));
    let parts = ["present", "mounted", "foreign", "resumed", "moved"];
    assert_eq!(parts.into_iter().map(number).sum::<u64>(), number("done"), "{object}");
    assert!(number("done") <= number("bytes") && number("blobs_done") <= number("blobs"), "{object}");
    number("done")
}

/// Replays the stream of a run; what is no object is the message of an error.
#[track_caller]
fn replay(outcome: &Outcome) -> BTreeMap<String, Image> {
    let mut images = BTreeMap::<String, Image>::new();
    for line in outcome.stderr.lines().filter(|line| line.starts_with('{')) {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let image = object["image"].as_str().unwrap_or_else(|| panic!("no image: {line}"));
        images.entry(image.to_owned()).or_default().take(&object);
    }
    images
}

/// The only image of a stream.
#[track_caller]
fn replay_one(outcome: &Outcome, name: &str) -> Image {
    let mut images = replay(outcome);
    assert_eq!(images.keys().collect::<Vec<_>>(), [name], "{outcome}");
    images.remove(name).unwrap()
}

#[track_caller]
fn run(home: &Home, arguments: &[&str]) -> Outcome {
    home.run(["--progress", "json"].iter().chain(arguments))
}

fn heaviest(fixture: &Fixture) -> &Part {
    fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap()
}

fn a_pull_goes_from_nothing_to_all(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(12);
    there.api("app").seed(&fixture, "1");
    let name = there.at("app:1");
    let image = replay_one(&run(&Home::fresh(), &["pull", &name]).succeeds(), &name);
    image.is_complete();
    assert_eq!(image.figure("moved"), fixture.blob_bytes());
}

fn a_slow_pull_is_told_a_few_times_a_second(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(2 << 20);
    there.api("app").seed(&fixture, "1");
    there.proxy.slow_down(1 << 20);
    let name = there.at("app:1");
    let begun = Instant::now();
    let outcome = run(&Home::fresh(), &["pull", &name]).succeeds();
    let tenths = usize::try_from(begun.elapsed().as_millis() / 100).unwrap();
    let image = replay_one(&outcome, &name);
    image.is_complete();
    let lines = image.advanced[&heaviest(&fixture).digest];
    assert!(lines > 5 && lines <= tenths + 2, "{lines} in {tenths} tenths of a second");
    assert!(image.done.len() >= 3 && image.done.len() <= tenths / 2, "{:?} in {tenths}", image.done);
    assert!(image.done[0] < image.figure("bytes") / 2, "{:?}", image.done);
}

fn a_pull_tells_what_was_there(kind: Kind) {
    let there = Counted::open(kind);
    let (before, fixture) = (Fixture::small(), Fixture::heavy(1 << 20));
    there.api("app").seed(&before, "1");
    there.api("app").seed(&fixture, "2");
    let home = Home::fresh();
    home.run(["pull", "-q", &there.at("app:1")]).succeeds();
    let name = there.at("app:2");
    let image = replay_one(&run(&home, &["pull", &name]).succeeds(), &name);
    image.is_complete();
    let shared: u64 =
        fixture.blobs.iter().filter(|blob| before.blobs.contains(blob)).map(|blob| blob.size).sum();
    assert!(shared > 0);
    assert_eq!(image.figure("present"), shared);
    assert_eq!(image.figure("moved"), fixture.blob_bytes() - shared);
}

fn a_pull_that_was_cut_tells_each_byte_once(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(1 << 20);
    there.api("app").seed(&fixture, "1");
    let layer = heaviest(&fixture);
    for _ in 0..2 {
        there.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 3 });
    }
    let name = there.at("app:1");
    let outcome = run(&Home::fresh(), &["pull", &name]).succeeds();
    assert_eq!(outcome.stderr.matches(r#""event":"interrupted""#).count(), 2, "{outcome}");
    let image = replay_one(&outcome, &name);
    image.is_complete();
    assert_eq!((image.figure("moved"), image.figure("resumed")), (fixture.blob_bytes(), 0));
}

fn a_pull_that_was_given_up_tells_its_end_and_what_the_next_one_resumes(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(1 << 20);
    there.api("app").seed(&fixture, "1");
    let layer = heaviest(&fixture);
    there.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 2 });
    let (home, name) = (Home::fresh(), there.at("app:1"));

    let outcome =
        run(&home, &["--retry", "0", "pull", &name]).ends_with(5).complains("closed the connection (blob ");
    let first = replay_one(&outcome, &name);
    let error = first.end()["error"].as_str().unwrap();
    assert!(
        error.contains(&format!("closed the connection (blob {}): ", &layer.digest["sha256:".len()..][..12])),
        "{error}"
    );
    assert!(first.figure("done") > 0 && first.figure("done") < first.figure("bytes"), "{}", first.end());

    let second = replay_one(&run(&home, &["pull", &name]).succeeds(), &name);
    second.is_complete();
    assert!(second.figure("resumed") > layer.size / 4, "{}", second.end());
    assert!(second.figure("resumed") + second.figure("present") <= first.figure("done"), "{}", second.end());
}

fn a_pull_by_segments_that_were_cut_tells_each_byte_once(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::huge(24 << 20);
    there.api("app").seed(&fixture, "1");
    there.proxy.slow_down(2 << 20);
    let layer = &heaviest(&fixture).digest;
    // The first one is for the stream that is split.
    there.proxy.fault("GET", layer, Fault::Delay(Duration::ZERO));
    there.proxy.fault("GET", layer, Fault::CutAnswer { after: 300_000 });
    there.proxy.fault("GET", layer, Fault::StallAnswer { after: 200_000 });
    there.proxy.fault("GET", layer, Fault::CutAnswer { after: 100_000 });
    let name = there.at("app:1");
    let image = replay_one(&run(&Home::fresh(), &["pull", &name]).succeeds(), &name);
    image.is_complete();
    assert_eq!(image.figure("moved"), fixture.blob_bytes());
    assert!(image.tells_time);
    let segments = there.proxy.requests("GET", layer).iter().filter(|part| part.range.is_some()).count();
    assert!(segments >= 8, "{segments}");
}

fn each_of_several_images_has_an_end_whatever_became_of_it(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::small(), "1");
    there.api("app").seed(&Fixture::many_layers(2), "3");
    let names = ["app:1", "app:2", "app:3"].map(|name| there.at(name));
    let images = replay(&run(&Home::fresh(), &["pull", &names[0], &names[1], &names[2]]).ends_with(1));
    assert_eq!(images.keys().collect::<Vec<_>>(), names.each_ref());
    images[&names[0]].is_complete();
    images[&names[2]].is_complete();
    let error = images[&names[1]].end()["error"].as_str().unwrap();
    assert!(error.contains("not found"), "{error}");
}

fn a_pull_of_all_tags_is_one_stream_of_several_images(kind: Kind) {
    let there = Counted::open(kind);
    let (one, two) = (Fixture::small(), Fixture::heavy(1 << 20));
    there.api("app").seed(&one, "1");
    there.api("app").seed(&two, "2");
    let images = replay(&run(&Home::fresh(), &["pull", "-a", &there.at("app")]).succeeds());
    assert_eq!(images.keys().collect::<Vec<_>>(), [&there.at("app:1"), &there.at("app:2")]);
    images.values().for_each(Image::is_complete);
    let moved: u64 = images.values().map(|image| image.figure("moved")).sum();
    let shared: u64 = images.values().map(|image| image.figure("present")).sum();
    assert_eq!(moved + shared, one.blob_bytes() + two.blob_bytes());
    assert!(shared > 0);
}

fn a_push_tells_what_was_mounted_and_what_was_there(kind: Kind) {
    let there = Counted::open(kind);
    let (old, new) = (Fixture::small(), Fixture::heavy(1 << 20));
    let home = Home::fresh();
    keep(&home, &old, &there.at("team/base:1"));
    home.run(["push", "-q", &there.at("team/base:1")]).succeeds();
    keep(&home, &new, &there.at("other/app:1"));
    let name = there.at("other/app:1");
    let shared: u64 = new.blobs.iter().filter(|blob| old.blobs.contains(blob)).map(|blob| blob.size).sum();

    let outcome = run(&home, &["push", &name]).succeeds();
    assert!(outcome.stderr.contains(&format!(r#""from":"{}""#, there.at("team/base"))), "{outcome}");
    let image = replay_one(&outcome, &name);
    image.is_complete();
    assert_eq!((image.figure("mounted"), image.figure("moved")), (shared, new.blob_bytes() - shared));

    let again = replay_one(&run(&home, &["push", &name]).succeeds(), &name);
    again.is_complete();
    assert_eq!(again.figure("present"), new.blob_bytes());
}

fn a_copy_names_its_destination(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    let (home, name) = (Home::fresh(), there.at("app:1"));
    let image = replay_one(&run(&home, &["copy", &fixture.place(), &name]).succeeds(), &name);
    image.is_complete();
    assert_eq!(image.figure("moved"), fixture.blob_bytes(), "what several platforms share counts once");
    let local = run(&home, &["copy", &fixture.place(), &format!("store:{name}")]).succeeds();
    replay_one(&local, &format!("store:{name}")).is_complete();
}

fn what_moves_nothing_has_an_end_too(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::small(), "1");
    let (home, name) = (Home::fresh(), there.at("app:1"));
    home.run(["pull", "-q", &name]).succeeds();
    let image = replay_one(&run(&home, &["pull", &name]).succeeds(), &name);
    image.is_complete();
    assert_eq!(image.figure("bytes"), 0, "nothing was planned");
    let missing = there.at("app:nosuch");
    let image = replay_one(&run(&home, &["pull", &missing]).ends_with(3), &missing);
    let error = image.end()["error"].as_str().unwrap();
    assert!(error.starts_with("manifest for ") && error.contains("not found"), "{error}");
}

fn an_interrupted_pull_says_so(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::heavy(4 << 20), "1");
    there.proxy.slow_down(1 << 20);
    let (home, name) = (Home::fresh(), there.at("app:1"));
    let pull = home.regcli(["--progress", "json", "pull", &name]).start();
    let taken = || (there.proxy.blob_bytes_taken() > 1 << 19).then_some(());
    crate::support::eventually(Duration::from_secs(20), taken).expect("bytes come");
    pull.signal(Signal::INT);
    let image = replay_one(&pull.finish().ends_with(130), &name);
    assert_eq!(image.end()["error"], json!("interrupted"));
    assert!(image.figure("moved") > 0 && image.figure("done") < image.figure("bytes"), "{}", image.end());
}
