//! Images that say nonsense about themselves: `inspect` and `history` tell what there is, and obey nobody.

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Outcome};

/// What a terminal obeys, and what makes a text look like another.
const HOSTILE: &str = "\u{1b}[2J\r\n\u{9b}31m\u{202e}evil\u{7}";

/// Both commands, on the image in the store and on the layout.
fn both(home: &Home, fixture: &Fixture, check: impl Fn(&Outcome)) {
    for command in ["inspect", "history"] {
        check(&home.run([command, &fixture.place()]));
        check(&home.run([command, "x:1"]));
    }
}

/// A home with an image that has this config.
fn home_with(config: &[u8]) -> (Home, Fixture) {
    let (home, fixture) = (Home::fresh(), Fixture::with_raw_config(config, &[b"layer".to_vec()]));
    home.run(["copy", "-q", &fixture.place(), "store:x:1"]).succeeds();
    (home, fixture)
}

#[test]
fn what_is_no_config_is_corrupt() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = format!(r#"{{"config":{{"Healthcheck":{deep}}}}}"#);
    for config in [
        "",
        "not json",
        "[]",
        "null",
        r#"{"history":7}"#,
        r#"{"history":[7]}"#,
        r#"{"config":"sh"}"#,
        r#"{"config":{"Env":"A=b"}}"#,
        r#"{"config":{"Labels":{"a":1}}}"#,
        r#"{"created":7}"#,
        r#"{"rootfs":{"diff_ids":["../../etc/passwd"]}}"#,
        &deep,
    ] {
        let (home, fixture) = home_with(config.as_bytes());
        both(&home, &fixture, |outcome| {
            assert_eq!(outcome.code, 6, "{config:.60}\n{outcome}");
            assert!(
                outcome.stderr.starts_with("error: cannot read image config\n  caused by: "),
                "{outcome}"
            );
            assert!(matches!(outcome.stdout.as_str(), "" | "[]\n"), "{outcome}");
        });
    }
}

#[test]
fn a_config_that_is_too_large_is_not_read() {
    let (home, fixture) = home_with(&vec![b' '; 9 << 20]);
    both(&home, &fixture, |outcome| assert_eq!(outcome.code, 6, "{outcome}"));
}

#[test]
fn a_config_full_of_nulls_is_an_image_that_says_nothing() {
    let nulls = json!({
        "architecture": null, "os": null, "created": null, "author": null, "variant": null, "os.version": null,
        "comment": null, "docker_version": null, "config": null, "rootfs": null, "history": null,
    });
    let (home, fixture) = home_with(nulls.to_string().as_bytes());
    both(&home, &fixture, |outcome| {
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome}");
    });
    let image: Value = serde_json::from_str(&home.run(["inspect", "x:1"]).stdout).unwrap();
    assert_eq!((&image[0]["Config"], &image[0]["RootFS"]), (&Value::Null, &json!({})));
    let fields = "{{.Config.Labels}}{{.Config.Env}}{{.Config.User}}{{len .RootFS.Layers}}{{.Variant}}";
    home.run(["inspect", "-f", fields, "x:1"]).succeeds().prints("map[][]0\n");
    let history = home.run(["history", "x:1"]).succeeds();
    assert!(history.stdout.ends_with("   N/A                    5B        \n"), "{history}");
}

#[test]
fn a_history_that_does_not_fit_the_layers_hides_none_of_them() {
    let step =
        |number: u32| json!({"created": "2026-09-21T08:30:00Z", "created_by": format!("STEP {number}")});
    for (steps, told, expected) in [
        (1, 1, "|5B\nSTEP 0|5B\n"),
        (3, 3, "STEP 2|N/A\nSTEP 1|5B\nSTEP 0|5B\n"),
        (2, 2, "STEP 1|5B\nSTEP 0|5B\n"),
    ] {
        let config = json!({"history": (0..steps).map(step).collect::<Vec<_>>()});
        let layers = [b"layer".to_vec(), b"other".to_vec()];
        let (home, fixture) = (Home::fresh(), Fixture::with_config(config, &layers));
        let outcome =
            home.run(["history", "--format", "{{.CreatedBy}}|{{.Size}}", &fixture.place()]).succeeds();
        assert_eq!(outcome.stdout, expected, "{outcome}");
        let warning = format!("WARNING: layers in the history: {told}, in the image: 2\n");
        assert_eq!(outcome.stderr, if told == 2 { "" } else { &warning }, "{outcome}");
    }
}

#[test]
fn hostile_text_is_shown_in_tables_and_kept_in_json() {
    let config = json!({
        "author": HOSTILE, "created": HOSTILE, "os": "linux", "architecture": HOSTILE,
        "config": {"Labels": {HOSTILE: HOSTILE}, "Env": [HOSTILE]},
        "history": [{"created": HOSTILE, "created_by": HOSTILE, "comment": HOSTILE}],
    });
    let (home, _) = home_with(config.to_string().as_bytes());
    let is_tame = |text: &str| text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}'));
    for arguments in [
        &["history", "x:1"][..],
        &["history", "--no-trunc", "--human=false", "x:1"],
        &["history", "--format", "json", "x:1"],
        &["history", "--format", "{{.CreatedBy}} {{.Comment}} {{.CreatedAt}}", "x:1"],
        &["inspect", "x:1"],
        &["inspect", "-f", "json", "x:1"],
        &["inspect", "-f", "{{json .}} {{json .Config.Labels}}", "x:1"],
        &["images", "--tree"],
    ] {
        let outcome = home.run(arguments).succeeds();
        assert!(is_tame(&outcome.stdout), "{arguments:?} {outcome}");
        assert!(outcome.stderr.is_empty(), "{outcome}");
    }
    let image: Value = serde_json::from_str(&home.run(["inspect", "x:1"]).stdout).unwrap();
    assert_eq!(image[0]["Config"]["Env"][0], HOSTILE);
    let step = home.run(["history", "--no-trunc", "--format", "json", "x:1"]).succeeds();
    let step: Value = serde_json::from_str(&step.stdout).unwrap();
    assert_eq!((&step["CreatedBy"], &step["Comment"]), (&json!(HOSTILE), &json!(HOSTILE)));
    // A program gets what stands there.
    home.run(["inspect", "-f", "{{index .Config.Env 0}}", "x:1"]).succeeds().prints(&format!("{HOSTILE}\n"));
    let rows = home.run(["history", "x:1"]).succeeds();
    assert_eq!(rows.stdout.lines().count(), 2, "a line break makes no row: {rows}");
}

#[test]
fn what_is_no_image_is_looked_at_as_well() {
    let (home, fixture) = (Home::fresh(), Fixture::artifact());
    home.run(["copy", "-q", &fixture.place(), "store:chart:1"]).succeeds();
    let shown: Value = serde_json::from_str(&home.run(["inspect", "chart:1"]).succeeds().stdout).unwrap();
    assert_eq!((&shown[0]["Config"], &shown[0]["Os"]), (&Value::Null, &json!("")));
    assert_eq!(shown[0]["Descriptor"]["digest"], json!(fixture.root.digest));
    home.run(["history", "--format", "{{.Size}}", "chart:1"]).succeeds().prints("5B\n");
    let tree = home.run(["images", "--tree"]).succeeds();
    assert!(tree.stdout.contains("\n└─ unknown   "), "{tree}");
}
