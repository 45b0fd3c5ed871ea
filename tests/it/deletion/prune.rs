//! `prune`: plans, and what is left when they are applied.

use std::fs;

use serde_json::Value;

use super::{Lab, days_ago};
use crate::support::Kind;

at_every_registry! {
    a_plan_says_what_goes_and_why_and_deletes_nothing,
    a_plan_is_applied_as_it_was_written,
    a_tag_that_has_moved_since_stays,
    a_manifest_that_is_needed_now_stays,
    an_index_goes_with_its_images_and_a_shared_one_stays,
    a_signature_goes_with_its_image,
    all_repositories_below_a_prefix_are_pruned,
    more_than_allowed_is_not_planned,
    a_repository_with_an_unknown_manifest_loses_tags_only,
    signatures_of_what_is_gone_go_as_untagged,
}

/// The file of a plan, in the home.
const PLAN: &str = "plan.json";

/// A repository with five tags of four images, one image a month.
fn monthly(lab: &Lab) {
    let repository = lab.repository("team/app");
    for (month, tag) in ["1.4", "1.3", "1.2", "1.1"].iter().enumerate() {
        let digest = repository.image(Some(tag), tag, &days_ago(30 * month as i64 + 1));
        if month == 0 {
            repository.tag("latest", &digest);
        }
    }
}

fn a_plan_says_what_goes_and_why_and_deletes_nothing(kind: Kind) {
    let lab = Lab::of(kind);
    monthly(&lab);
    let plan = lab.run(&["prune", "--keep", "3", "/team/app"]).ends_with(10);
    let rows: Vec<Vec<&str>> = plan
        .stdout
        .lines()
        .map(|line| line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect())
        .collect();
    assert_eq!(rows[0], ["TAG", "ACTION", "CREATED", "REASON"]);
    assert_eq!(rows[1], ["1.1", "delete", "3 months ago", "not one of the newest"]);
    assert_eq!(rows[3], ["1.3", "keep", "4 weeks ago", "one of the newest"]);
    assert!(plan.stdout.lines().all(|line| line.len() <= 80 || line.contains("would delete")), "{plan}");
    let summary = format!("{}/team/app: would delete 2 of 5 tags and 2 manifests; ", lab.registry.host());
    assert!(plan.last_line().starts_with(&summary), "{plan}");
    assert_eq!(lab.tags("team/app").len(), 5);

    let rows = lab.run(&["prune", "--older-than", "45d", "--format", "json", "/team/app"]).ends_with(10);
    let rows: Vec<Value> = rows.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let gone: Vec<_> = rows.iter().filter(|row| row["Action"] == "delete").map(|row| &row["Tag"]).collect();
    assert_eq!(gone, ["1.1", "1.2"]);
    assert_eq!(rows[2]["Reason"], "young");

    let nothing = lab.run(&["prune", "--keep", "5", "/team/app"]).succeeds();
    assert!(nothing.last_line().ends_with(": nothing to delete of 5 tags"), "{nothing}");
    let refused = lab.run(&["prune", "/team/app"]).ends_with(125);
    assert!(refused.stderr.contains("say what to delete"), "{refused}");
    lab.run(&["prune", "--keep", "5", "/team/app:1"]).ends_with(125);
    lab.run(&["prune", "--keep", "5", "/nosuch"]).ends_with(3);
}

fn a_plan_is_applied_as_it_was_written(kind: Kind) {
    let lab = Lab::of(kind);
    monthly(&lab);
    lab.run(&["prune", "--match", "^1", "--keep", "2", "--plan-out", PLAN, "--format", "json", "/team/app"])
        .ends_with(10);
    // What comes later is not in the plan.
    lab.repository("team/app").image(Some("1.0"), "old", &days_ago(400));
    let applied = lab.home.run(["prune", "--apply", PLAN]).succeeds();
    assert_eq!(applied.stdout.matches("Untagged: ").count(), 2, "{applied}");
    assert_eq!(applied.stdout.matches("Deleted: ").count(), 2, "{applied}");
    assert_eq!(lab.tags("team/app"), ["1.0", "1.3", "1.4", "latest"]);
    let again = lab.home.run(["prune", "--apply", PLAN]).succeeds();
    assert_eq!((again.stdout.as_str(), again.stderr.matches("was gone already").count()), ("", 4), "{again}");
    fs::write(lab.home.path().join(PLAN), "{}").unwrap();
    lab.home.run(["prune", "--apply", PLAN]).ends_with(125);
}

fn a_tag_that_has_moved_since_stays(kind: Kind) {
    let lab = Lab::of(kind);
    monthly(&lab);
    lab.run(&["prune", "--older-than", "70d", "--plan-out", PLAN, "/team/app"]).ends_with(10);
    let moved = lab.repository("team/app").image(Some("1.1"), "new", &days_ago(0));
    let applied = lab.home.run(["prune", "--apply", PLAN]).ends_with(1);
    assert!(applied.stderr.contains("app:1.1 has changed since the plan was made"), "{applied}");
    assert!(lab.repository("team/app").has(&moved) && lab.repository("team/app").has("1.1"));
}

fn a_manifest_that_is_needed_now_stays(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let old = repository.image(Some("old"), "old", &days_ago(90));
    repository.image(Some("new"), "new", &days_ago(1));
    lab.run(&["prune", "--keep", "1", "--plan-out", PLAN, "/app"]).ends_with(10);
    let index = repository.index(Some("multi"), &[&old]);
    let applied = lab.home.run(["prune", "--apply", PLAN]).ends_with(1);
    assert!(applied.stderr.contains(" is needed now"), "{applied}");
    assert_eq!(lab.tags("app"), ["multi", "new"]);
    assert!(repository.has(&index) && repository.has(&old));
}

fn an_index_goes_with_its_images_and_a_shared_one_stays(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let [old, shared, new] = ["old", "shared", "new"].map(|name| {
        let days = if name == "new" { 1 } else { 90 };
        repository.image(None, name, &days_ago(days))
    });
    let old_index = repository.index(Some("1"), &[&old, &shared]);
    let new_index = repository.index(Some("2"), &[&new, &shared]);
    repository.tag("1-amd64", &old);
    repository.tag("shared", &shared);
    let applied = lab.run(&["prune", "--yes", "--older-than", "30d", "/app"]).succeeds();
    assert_eq!(lab.tags("app"), ["2"], "{applied}");
    assert!(!repository.has(&old_index) && !repository.has(&old));
    assert!(repository.has(&new_index) && repository.has(&new) && repository.has(&shared));
    let order: Vec<_> = applied.stdout.lines().filter(|line| line.starts_with("Deleted: ")).collect();
    assert_eq!(
        order,
        [format!("Deleted: {old_index}"), format!("Deleted: {old}")],
        "an index before its images"
    );
    lab.run(&["pull", "-q", "--all-platforms", "/app:2"]).succeeds();
}

fn a_signature_goes_with_its_image(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let [old, new] =
        [("1", 90), ("2", 1)].map(|(tag, days)| repository.image(Some(tag), tag, &days_ago(days)));
    let signatures =
        [(&old, ".sig"), (&old, ".att"), (&new, ".sig")].map(|(of, suffix)| repository.signature(of, suffix));
    let plan = lab.run(&["prune", "--keep", "1", "/app"]).ends_with(10);
    assert!(
        plan.stdout.contains("needed by nothing else") && plan.stdout.contains("belongs to what stays"),
        "{plan}"
    );
    lab.run(&["prune", "-y", "--keep", "1", "/app"]).succeeds();
    let there =
        [&old, &new, &signatures[0], &signatures[1], &signatures[2]].map(|digest| repository.has(digest));
    assert_eq!(there, [false, true, false, false, true]);
    assert_eq!(lab.tags("app").len(), 2);
}

fn all_repositories_below_a_prefix_are_pruned(kind: Kind) {
    let lab = Lab::of(kind);
    for name in ["team/a", "team/b", "other"] {
        let repository = lab.repository(name);
        repository.image(Some("1"), &format!("{name}1"), &days_ago(9));
        repository.image(Some("2"), &format!("{name}2"), &days_ago(1));
    }
    lab.run(&["prune", "--yes", "--keep", "1", "/team/"]).succeeds();
    assert_eq!((lab.tags("team/a"), lab.tags("team/b")), (vec!["2".to_owned()], vec!["2".to_owned()]));
    assert_eq!(lab.tags("other"), ["1", "2"]);
    let refused = lab.home.run(["prune", "--keep", "1", "team/"]).ends_with(125);
    assert!(refused.stderr.contains("name the registry: HOST[:PORT]/"), "{refused}");
}

fn more_than_allowed_is_not_planned(kind: Kind) {
    let lab = Lab::of(kind);
    monthly(&lab);
    for limit in ["20%", "1"] {
        let refused =
            lab.run(&["prune", "--yes", "--keep", "3", "--max-delete", limit, "/team/app"]).ends_with(1);
        assert!(
            refused.stderr.contains("2 of 5 tags of ") && refused.stderr.contains("at most 1 may be"),
            "{refused}"
        );
    }
    assert_eq!(lab.tags("team/app").len(), 5);
    lab.run(&["prune", "--yes", "--keep", "3", "--max-delete", "40%", "/team/app"]).succeeds();
    assert_eq!(lab.tags("team/app").len(), 3);
}

fn a_repository_with_an_unknown_manifest_loses_tags_only(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let old = repository.image(Some("old"), "old", &days_ago(90));
    repository.image(Some("new"), "new", &days_ago(1));
    // An image whose date was not meant stays.
    repository.image(Some("epoch"), "epoch", "1970-01-01T00:00:00Z");
    let plan = lab.run(&["prune", "--keep", "1", "/app"]).ends_with(10);
    assert!(plan.stdout.contains("date unknown"), "{plan}");
    lab.run(&["prune", "--yes", "--keep", "1", "/app"]).succeeds();
    assert_eq!(lab.tags("app"), ["epoch", "new"]);
    assert!(!repository.has(&old));
}

fn signatures_of_what_is_gone_go_as_untagged(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let image = repository.image(Some("1"), "a", &days_ago(90));
    let loose = repository.image(None, "loose", &days_ago(90));
    let signature = repository.signature(&loose, ".sig");
    let dry = lab.run(&["prune", "--untagged", "/app"]).ends_with(10);
    assert!(dry.stdout.contains("no tag") && dry.stdout.contains("1 of 2 tags and 2 manifests"), "{dry}");
    lab.run(&["prune", "--untagged", "--grace", "100d", "/app"]).succeeds();
    lab.run(&["prune", "--untagged", "--yes", "/app"]).succeeds();
    assert!(repository.has(&image) && !repository.has(&loose) && !repository.has(&signature));
    assert_eq!(lab.tags("app"), ["1"]);
}
