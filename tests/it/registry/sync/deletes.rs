//! Deletions: only when asked for, only what no rule brings, never too many.

use super::{Corpus, Pair, objects};
use crate::support::{Fault, Fixture, Kind};

at_every_registry! {
    nothing_is_deleted_unless_it_is_asked_for,
    a_tag_that_the_source_lost_is_deleted_and_its_siblings_stay,
    too_many_deletions_are_refused_as_a_whole,
    a_source_that_cannot_be_listed_deletes_nothing,
    a_tag_that_two_rules_want_differently_is_left_alone,
    a_rule_that_fits_nothing_deletes_nothing,
    what_is_read_from_is_never_cleaned_up,
}

/// A pair that is equal, with further tags at the destination.
fn with_extra(kind: Kind, tags: &[&str]) -> Pair {
    let pair = Pair::seeded(kind, Corpus::new(2, 4));
    pair.sync(&["-q"]).succeeds();
    let image = &pair.corpus.repositories[0].1[0];
    pair.to.api("mirror/app0").tag(image, &tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
    pair.forget();
    pair
}

fn nothing_is_deleted_unless_it_is_asked_for(kind: Kind) {
    let pair = with_extra(kind, &["old"]);
    pair.sync(&["--plan"]).succeeds();
    pair.sync(&[]).succeeds();
    assert!(pair.to.api("mirror/app0").manifest("old").is_some());
    let file = pair.file("plan.json").display().to_string();
    pair.sync(&["--plan", "--delete", "--plan-out", &file]).ends_with(10);
    let applied = pair.home.run(["sync", "--apply", &file]).ends_with(10);
    assert!(applied.stderr.contains("1 tag of the plan not deleted: add --delete"), "{applied}");
    assert!(pair.to.api("mirror/app0").manifest("old").is_some(), "a plan deletes with --delete only");
}

fn a_tag_that_the_source_lost_is_deleted_and_its_siblings_stay(kind: Kind) {
    let pair = with_extra(kind, &["old"]);
    let rows = objects(&pair.sync(&["--plan", "--delete", "--format", "json"]).ends_with(10));
    let deleted: Vec<_> = rows.iter().filter(|row| row["Action"] == "delete").collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0]["Destination"], pair.to.at("mirror/app0:old"));
    let synced = pair.sync(&["--delete"]).succeeds();
    assert!(synced.stdout.contains(&format!("Deleted: {}\n", pair.to.at("mirror/app0:old"))), "{synced}");
    assert!(synced.stderr.contains("1 deleted, 8 unchanged; "), "{synced}");
    assert!(pair.to.api("mirror/app0").manifest("old").is_none());
    // The image has another tag, which stays whole.
    pair.corpus.is_at(&pair.to, "mirror/");
}

fn too_many_deletions_are_refused_as_a_whole(kind: Kind) {
    let pair = with_extra(kind, &["a", "b", "c"]);
    pair.from.api("team/app0").seed(&Fixture::small(), "new");
    let refused = pair.sync(&["--delete"]).ends_with(125);
    assert!(refused.stderr.contains("the plan deletes 3 of 11 tags and --max-delete allows 2"), "{refused}");
    assert!(pair.to.api("mirror/app0").manifest("new").is_none(), "nothing was changed");
    pair.sync(&["--delete", "--max-delete", "3"]).succeeds();
    assert!(pair.to.api("mirror/app0").manifest("b").is_none());
    pair.corpus.is_at(&pair.to, "mirror/");
}

fn a_tag_that_two_rules_want_differently_is_left_alone(kind: Kind) {
    let pair = with_extra(kind, &["old"]);
    let rules = pair.rules(
        "[[sync]]\nsource = \"FROM/team/app0\"\ntarget = \"TO/mirror/app0\"\n\
         [[sync]]\nsource = \"FROM/team/app1\"\ntarget = \"TO/mirror/app0\"\ntags = \"1.0\"\n",
    );
    let synced = pair.home.run(["sync", "-f", &rules, "--delete", "--max-delete", "100%"]).ends_with(1);
    let destination = pair.to.at("mirror/app0:1.0");
    assert!(synced.stderr.contains(&format!("several rules write {destination}: from ")), "{synced}");
    pair.corpus.is_at(&pair.to, "mirror/");
    assert!(pair.to.api("mirror/app0").manifest("old").is_some(), "nothing is deleted beside it");
}

fn a_source_that_cannot_be_listed_deletes_nothing(kind: Kind) {
    let pair = with_extra(kind, &["old"]);
    let rules = pair.rules(
        "[[sync]]\nsource = \"FROM/team/app0\"\ntarget = \"TO/mirror/app0\"\n\
         [[sync]]\nsource = \"FROM/team/gone\"\ntarget = \"TO/mirror/app0\"\n",
    );
    let synced = pair.home.run(["sync", "-f", &rules, "--delete", "--max-delete", "100%"]).ends_with(1);
    assert!(synced.stderr.contains("team/gone"), "{synced}");
    assert!(pair.to.api("mirror/app0").manifest("old").is_some());
}

fn a_rule_that_fits_nothing_deletes_nothing(kind: Kind) {
    let pair = with_extra(kind, &[]);
    let rules = pair.rules(
        "[[sync]]\nsource = \"FROM/team/app0\"\ntarget = \"TO/mirror/app0\"\n\
         [[sync]]\nsource = \"FROM/team/app1\"\ntarget = \"TO/mirror/app1\"\ntags = { glob = \"V*\" }\n",
    );
    let synced = pair.home.run(["sync", "-f", &rules, "--delete", "--max-delete", "100%"]).ends_with(1);
    assert!(synced.stderr.contains("no repository and no tag matches the rule"), "{synced}");
    pair.corpus.is_at(&pair.to, "mirror/");
}

fn what_is_read_from_is_never_cleaned_up(kind: Kind) {
    let pair = with_extra(kind, &[]);
    let rules =
        pair.rules("[[sync]]\nsource = \"FROM/team/app0\"\ntarget = \"FROM/team/app0\"\ntags = \"1.0\"\n");
    let planned = pair.home.run(["sync", "-f", &rules, "--delete", "--plan"]).succeeds();
    assert_eq!(planned.last_line(), "Nothing to do: 1 unchanged");
    pair.corpus.is_at(&pair.from, "team/");
}

#[test]
fn a_listed_tag_without_its_manifest_is_an_error_and_its_copy_stays() {
    let pair = with_extra(Kind::Embedded, &["old"]);
    let gone = || Fault::Answer { status: 404, headers: Vec::new(), body: "" };
    pair.from.proxy.fault("HEAD", "app0/manifests/1.3", gone());
    let synced = pair.sync(&["--delete"]).ends_with(1);
    assert!(synced.stderr.contains("app0:1.3: the source does not have it"), "{synced}");
    assert!(pair.to.api("mirror/app0").manifest("1.3").is_some(), "the last copy");
    assert!(pair.to.api("mirror/app0").manifest("old").is_some(), "nothing is deleted beside it");
}
