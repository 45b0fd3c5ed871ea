//! What commands cost in a store of many images: counted in files, at two sizes.

use std::fs;

use super::write_store;
use crate::support::{Api, Fixture, Home, Kind, Outcome, missing};

/// The files that a command has looked at or opened, as strace tells them: one line a system call.
fn traced(home: &Home, arguments: &[&str]) -> (Outcome, Vec<String>) {
    let log = home.path().join("trace");
    let options = ["-f", "-qq", "-e", "trace=%file", "-o", log.to_str().unwrap()];
    let outcome = home.regcli(arguments).under("strace", options).run().succeeds();
    let lines = fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect();
    (outcome, lines)
}

/// How often any blob was looked at or opened.
fn blob_calls(calls: &[String]) -> usize {
    calls.iter().filter(|call| call.contains("/store/blobs/")).count()
}

/// How often index.json was read.
fn index_reads(calls: &[String]) -> usize {
    let opens = |call: &&String| call.contains("open") && call.contains("/store/index.json");
    calls.iter().filter(opens).count()
}

#[test]
fn d6_a_push_reads_as_much_of_a_large_store_as_of_a_small_one() {
    if missing("strace") {
        return;
    }
    let registry = Kind::Embedded.open();
    let [small, large] = [200, 800].map(|count| {
        let home = Home::fresh();
        let name = |number: usize| format!("{}/team/app{count}-{number}:1", registry.host());
        write_store(&home.store(), count, name);
        blob_calls(&traced(&home, &["push", "-q", &name(0)]).1)
    });
    assert!(large <= small + 20, "{small} calls in a small store, {large} in a large one");
    assert!(large < 1000, "{large}");
}

#[test]
fn d6_images_that_no_blob_can_be_mounted_from_are_not_read() {
    if missing("strace") {
        return;
    }
    let registry = Kind::Embedded.open();
    let [alone, among] = [1, 100].map(|count| {
        let home = Home::fresh();
        // Of other registries, and of the repository itself.
        let image = format!("{}/team/among{count}:0", registry.host());
        write_store(&home.store(), count, |number| match number {
            0 => image.clone(),
            _ if number % 2 == 0 => format!("{}/team/among{count}:{number}", registry.host()),
            _ => format!("docker.io/library/app{number}:1"),
        });
        blob_calls(&traced(&home, &["push", "-q", &image]).1)
    });
    assert!(among <= alone, "{alone} calls alone, {among} among others");
}

#[test]
fn d6_a_push_of_all_tags_reads_the_index_once() {
    if missing("strace") {
        return;
    }
    let registry = Kind::Embedded.open();
    let mut calls = [10, 30].map(|count| {
        let home = Home::fresh();
        let repository = format!("{}/team/all{count}", registry.host());
        write_store(&home.store(), count, |number| format!("{repository}:{number}"));
        let calls = traced(&home, &["push", "-q", "-a", &repository]).1;
        assert_eq!(index_reads(&calls), 1);
        blob_calls(&calls)
    });
    calls[0] *= 3;
    assert!(calls[1] <= calls[0], "three times the tags cost {calls:?}");
}

#[test]
fn d7_a_tag_parses_the_index_once() {
    if missing("strace") {
        return;
    }
    let home = Home::fresh();
    write_store(&home.store(), 50, |number| format!("docker.io/library/app:{number}"));
    let (_, calls) = traced(&home, &["tag", "app:7", "app:new"]);
    assert_eq!(index_reads(&calls), 1, "{calls:#?}");
    // What is named already costs no more.
    assert_eq!(index_reads(&traced(&home, &["tag", "app:7", "app:new"]).1), 1);
    home.run(["digest", "store:app:new"]).succeeds();
    for command in [&["images"][..], &["df"], &["rmi", "app:new"]] {
        let reads = index_reads(&traced(&home, command).1);
        assert_eq!(reads, 1, "{command:?}");
    }
}

#[test]
fn d7_an_unchanged_pull_of_all_tags_reads_the_index_once() {
    if missing("strace") {
        return;
    }
    let (registry, home, fixture) = (Kind::Embedded.open(), Home::fresh(), Fixture::small());
    let api = Api::of(registry.host(), "team/app");
    api.seed(&fixture, "0");
    let tags: Vec<String> = (1..20).map(|number| number.to_string()).collect();
    api.tag(&fixture, &tags);
    let repository = format!("{}/team/app", registry.host());
    home.run(["pull", "-q", "-a", &repository]).succeeds();
    let (outcome, calls) = traced(&home, &["pull", "-a", &repository]);
    assert!(outcome.stdout.contains("Image is up to date"), "{outcome}");
    assert_eq!(index_reads(&calls), 1);
}

#[test]
fn commands_on_a_store_of_thousands_of_images_take_little_memory() {
    const COUNT: usize = 5000;
    let home = Home::fresh();
    write_store(&home.store(), COUNT, |number| format!("registry.example/team/app{number}:1"));
    let peak = |arguments: &[&str]| home.run(arguments).succeeds().peak >> 20;
    let peaks = [&["tag", "registry.example/team/app7:1", "app:new"][..], &["images", "-q"]].map(peak);
    eprintln!("MB: {peaks:?}");
    assert!(peaks.iter().all(|peak| (1..=44).contains(peak)), "{peaks:?}");
}
