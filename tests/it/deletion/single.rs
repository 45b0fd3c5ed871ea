//! `untag` and `delete`.

use super::{Lab, days_ago};
use crate::support::{DockerRegistry, Home, Kind, missing};

at_every_registry! {
    a_tag_goes_and_its_image_and_its_other_tags_stay,
    a_pattern_means_all_tags_that_match,
    the_last_tag_of_an_image_goes_and_the_image_stays,
    what_is_not_a_tag_is_refused,
    an_image_with_other_tags_is_deleted_only_by_force,
    all_tags_of_an_image_may_be_named,
    an_image_of_an_index_is_deleted_only_by_force,
    an_image_with_a_signature_is_deleted_only_by_force,
    what_an_index_that_stays_needs_stays_with_it,
    a_dry_run_deletes_nothing,
    a_dry_run_has_rows_for_scripts,
    what_is_not_there_is_not_deleted,
}

fn a_tag_goes_and_its_image_and_its_other_tags_stay(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("team/app");
    let digest = repository.image(Some("1.0"), "a", &days_ago(1));
    repository.tag("latest", &digest);
    let untagged = lab.run(&["untag", "/team/app:latest"]).succeeds();
    assert_eq!(untagged.stdout, format!("Untagged: {}/team/app:latest\n", lab.registry.host()));
    assert!(untagged.stderr.contains("still has 1.0"), "{untagged}");
    assert_eq!(lab.tags("team/app"), ["1.0"]);
    lab.run(&["pull", "-q", "/team/app:1.0"])
        .succeeds()
        .prints(&format!("{}/team/app:1.0\n", lab.registry.host()));
    assert!(repository.has(&digest));
}

fn a_pattern_means_all_tags_that_match(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    for tag in ["pr-1", "pr-2", "pr-2-arm", "main"] {
        repository.image(Some(tag), tag, &days_ago(1));
    }
    let dry = lab.run(&["untag", "--dry-run", "/app:pr-?"]).succeeds();
    let host = lab.registry.host();
    assert_eq!(
        dry.stdout,
        format!("Would be untagged: {host}/app:pr-1\nWould be untagged: {host}/app:pr-2\n")
    );
    assert_eq!(lab.tags("app").len(), 4);
    lab.run(&["untag", "/app:pr-*"]).succeeds();
    assert_eq!(lab.tags("app"), ["main"]);
    let none = lab.run(&["untag", "/app:pr-*"]).ends_with(3);
    assert!(none.stderr.contains("no tag of "), "{none}");
}

fn the_last_tag_of_an_image_goes_and_the_image_stays(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let digest = repository.image(Some("1"), "a", &days_ago(1));
    let untagged = lab.run(&["untag", "/app:1"]).succeeds();
    assert!(untagged.stderr.contains("has no tag left"), "{untagged}");
    assert!(repository.has(&digest) && !repository.has("1"));
}

fn what_is_not_a_tag_is_refused(kind: Kind) {
    let lab = Lab::of(kind);
    let digest = lab.repository("app").image(Some("1"), "a", &days_ago(1));
    for (name, said) in [
        ("/app", "name a tag, or a pattern"),
        (&*format!("/app@{digest}"), "use regcli delete"),
        ("/app:[", "'[' without ']'"),
    ] {
        let refused = lab.run(&["untag", name]).ends_with(125);
        assert!(refused.stderr.contains(said), "{refused}");
    }
    assert_eq!(lab.tags("app"), ["1"]);
}

fn an_image_with_other_tags_is_deleted_only_by_force(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let digest = repository.image(Some("1.0"), "a", &days_ago(1));
    repository.tag("latest", &digest);
    let refused = lab.run(&["delete", "/app:1.0"]).ends_with(1);
    assert!(refused.stderr.contains("  tag       latest\n"), "{refused}");
    assert!(refused.stderr.contains("because 1 other tag would be lost, too"), "{refused}");
    assert!(refused.stderr.contains("hint: remove only the tag: regcli untag "), "{refused}");
    assert_eq!(lab.tags("app"), ["1.0", "latest"]);

    let deleted = lab.run(&["delete", "--force", "/app:1.0"]).succeeds();
    assert!(deleted.stdout.ends_with(&format!("Deleted: {digest}\n")), "{deleted}");
    assert_eq!(deleted.stdout.matches("Untagged: ").count(), 2);
    assert!(!repository.has(&digest) && !repository.has("latest"));
}

fn all_tags_of_an_image_may_be_named(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let digest = repository.image(Some("1.0"), "a", &days_ago(1));
    repository.tag("latest", &digest);
    let other = repository.image(Some("2.0"), "b", &days_ago(1));
    let deleted = lab.run(&["delete", "/app:1.0", "/app:latest"]).succeeds();
    assert_eq!(deleted.stdout.matches("Deleted: ").count(), 1, "{deleted}");
    assert!(!repository.has(&digest) && repository.has(&other));
}

fn an_image_of_an_index_is_deleted_only_by_force(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let child = repository.image(Some("1-amd64"), "a", &days_ago(1));
    let index = repository.index(Some("1"), &[&child]);
    for name in ["/app:1-amd64".to_owned(), format!("/app@{child}")] {
        let refused = lab.run(&["delete", &name]).ends_with(1);
        assert!(refused.stderr.contains(&format!("  index     {} (1)\n", &index[7..19])), "{refused}");
        assert!(refused.stderr.contains("1 index that needs it"), "{refused}");
    }
    // With its index it may go.
    lab.run(&["delete", "/app:1-amd64", "/app:1"]).succeeds();
    assert!(!repository.has(&child) && !repository.has(&index));
}

fn an_image_with_a_signature_is_deleted_only_by_force(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let image = repository.image(Some("1"), "a", &days_ago(1));
    let signature = repository.signature(&image, ".sig");
    let refused = lab.run(&["delete", "/app:1"]).ends_with(1);
    assert!(refused.stderr.contains(&format!("  referrer  {}\n", &signature[7..19])), "{refused}");
    assert!(repository.has(&image));
    lab.run(&["delete", "-f", "/app:1"]).succeeds();
    assert!(!repository.has(&image));
}

fn what_an_index_that_stays_needs_stays_with_it(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let image = repository.image(Some("inner"), "a", &days_ago(1));
    let index = repository.index(Some("inner-index"), &[&image]);
    repository.index(Some("outer"), &[&index]);
    // The index is refused because another one needs it, and so is its image, though it was named as well.
    for flag in ["--dry-run", "-f=false"] {
        let refused = lab.run(&["delete", flag, "/app:inner*"]).ends_with(1);
        assert!(!refused.stdout.contains("eleted"), "{refused}");
        assert_eq!(refused.stderr.matches("was not deleted").count(), 2, "{refused}");
    }
    assert_eq!(lab.tags("app"), ["inner", "inner-index", "outer"]);
    let rows = lab.run(&["delete", "--dry-run", "--format", "{{.Action}}", "/app:inner*"]).succeeds();
    assert_eq!(rows.stdout, "refuse\nrefuse\n");
    // All together go, the outermost first.
    lab.run(&["delete", "/app:inner*", "/app:outer"]).succeeds();
    assert!(lab.tags("app").is_empty() && !repository.has(&image));
}

fn a_dry_run_deletes_nothing(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let digest = repository.image(Some("1"), "a", &days_ago(1));
    let dry = lab.run(&["delete", "--dry-run", "/app:1"]).succeeds();
    let name = format!("{}/app:1", lab.registry.host());
    assert_eq!(dry.stdout, format!("Would be untagged: {name}\nWould be deleted: {digest}\n"));
    assert!(repository.has("1"));
    repository.tag("2", &digest);
    lab.run(&["delete", "--dry-run", "/app:1"]).ends_with(1);
    lab.run(&["delete", "--dry-run", "--force", "/app:1"]).succeeds();
    assert!(repository.has("1") && repository.has("2"));
}

fn a_dry_run_has_rows_for_scripts(kind: Kind) {
    let lab = Lab::of(kind);
    let repository = lab.repository("app");
    let child = repository.image(Some("amd64"), "a", &days_ago(1));
    let index = repository.index(Some("multi"), &[&child]);
    repository.image(Some("alone"), "b", &days_ago(1));
    let rows = lab.run(&["delete", "--dry-run", "--format", "json", "/app:a*"]).succeeds();
    let rows: Vec<serde_json::Value> =
        rows.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let actions: Vec<_> =
        rows.iter().map(|row| (row["Action"].as_str().unwrap(), row["Indexes"].as_str().unwrap())).collect();
    assert_eq!(actions, [("delete", ""), ("refuse", &*index)]);
    assert_eq!(rows[1]["Digest"], *child);
    let table =
        lab.run(&["untag", "--dry-run", "--format", "{{.Action}} {{.Reference}}", "/app:alone"]).succeeds();
    table.prints(&format!("untag {}/app:alone\n", lab.registry.host()));
    assert_eq!(lab.tags("app").len(), 3);
}

fn what_is_not_there_is_not_deleted(kind: Kind) {
    let lab = Lab::of(kind);
    lab.repository("app").image(Some("1"), "a", &days_ago(1));
    let nothing = format!("sha256:{}", "0".repeat(64));
    for name in ["/app:2".to_owned(), format!("/app@{nothing}"), "/nosuch:1".to_owned()] {
        lab.run(&["delete", &name]).ends_with(3);
    }
    // One of two is there.
    lab.run(&["delete", "/app:1", "/app:2"]).ends_with(1);
    assert!(!lab.repository("app").has("1"));
}

#[test]
fn a_registry_that_deletes_nothing_keeps_its_tags_as_they_are() {
    if missing("docker-registry") {
        return;
    }
    let (registry, home) = (DockerRegistry::without_deletion(), Home::fresh());
    let repository = super::Repository::of(registry.host(), "app");
    let digest = repository.image(Some("1"), "a", &days_ago(1));
    let before = repository.api.manifest("1");
    for arguments in [
        vec!["untag".to_owned(), format!("{}/app:1", registry.host())],
        vec!["delete".to_owned(), format!("{}/app:1", registry.host())],
        vec!["delete".to_owned(), "--force".to_owned(), format!("{}/app@{digest}", registry.host())],
    ] {
        let refused = home.run(&arguments).ends_with(1);
        let said = format!("error: {} does not allow deletion\n", registry.host());
        assert!(refused.stderr.contains(&said), "{refused}");
        assert!(refused.stderr.contains("REGISTRY_STORAGE_DELETE_ENABLED=true"), "{refused}");
    }
    repository.image(Some("2"), "b", &days_ago(1));
    let all = home.run(["delete", &format!("{}/app:*", registry.host())]).ends_with(1);
    assert_eq!(all.stderr.matches("error: ").count(), 1, "{all}");
    let pruned =
        home.run(["prune", "--yes", "--keep", "0", &format!("{}/app", registry.host())]).ends_with(1);
    assert_eq!(pruned.stderr.matches("does not allow deletion").count(), 1, "{pruned}");
    assert_eq!(repository.api.manifest("1"), before);
    let puts = registry.accesses().into_iter().filter(|access| access.method == "PUT").count();
    assert_eq!(puts, 6, "the blobs and manifests of the test: nothing was moved");
}

#[test]
fn rmi_says_how_to_delete_at_a_registry() {
    let refused = Home::fresh().run(["rmi", "--remote", "r.example/app:1"]).ends_with(125);
    let said =
        "regcli untag r.example/app:1 removes a tag, and regcli delete r.example/app:1 deletes the image";
    assert!(refused.stderr.contains(said), "{refused}");
}
