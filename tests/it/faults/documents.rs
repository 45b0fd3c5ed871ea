//! M: manifests that are none, are two things at once, have no end, or talk to terminals.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Outcome;
use crate::support::scripted::Route;
use crate::terminal::{Terminal, decoded};

use super::foreign::{CONFIG, Foreign, INDEX, LAYER, MANIFEST, for_this_machine, image};
use super::not_kept;

/// What a terminal would obey, as JSON may have it unescaped.
const HOSTILE: &str = "\u{9b}31m\u{202e}evil\u{7f}";

fn index(manifests: &[Value]) -> String {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).to_string()
}

#[test]
fn m26_a_document_that_is_an_image_and_an_index_is_refused() {
    for sent in [MANIFEST, INDEX, "application/json"] {
        for stated in [Some(MANIFEST), Some(INDEX), None] {
            let there = Foreign::new();
            let mut document = there.manifest(&[there.blob(LAYER, b"layer")]);
            let child = there.child(MANIFEST, there.manifest(&[]).to_string());
            document["manifests"] = json!([for_this_machine(child)]);
            document["mediaType"] = json!(stated);
            there.serves(sent, document.to_string());
            let asked = there.is_refused(6);
            assert!(asked.iter().all(|outcome| outcome.stderr.contains("manifest")), "{}", asked[0]);
            assert!(there.registry.requests(Route::Blob).is_empty());
        }
    }
}

#[test]
fn m27_a_document_that_says_it_is_something_else_than_it_was_sent_as_is_refused() {
    let types = [
        MANIFEST,
        INDEX,
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ];
    for (sent, stated) in types.iter().flat_map(|a| types.iter().map(move |b| (*a, *b))) {
        let there = Foreign::new();
        let mut document = there.manifest(&[]);
        document["mediaType"] = json!(stated);
        there.serves(sent, document.to_string());
        if sent == MANIFEST && stated == MANIFEST {
            there.is_copied();
        } else if sent != stated {
            all_complain(there.is_refused(6), "but says it is");
        }
    }
}

#[track_caller]
fn all_complain(outcomes: [Outcome; 4], problem: &str) {
    for outcome in outcomes {
        outcome.complains(problem);
    }
}

/// Documents that are no manifests, what they are sent as, and how they end.
fn documents(there: &Foreign) -> Vec<(String, Vec<u8>, &'static str, &'static [i32])> {
    let good = there.manifest(&[there.blob(LAYER, b"layer")]).to_string();
    let deep = format!("{{\"schemaVersion\":{}", "[".repeat(100_000));
    let unknown = "application/vnd.example.thing.v1+json";
    let schema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let old =
        json!({"schemaVersion": 1, "name": "app", "tag": "1", "fsLayers": [], "history": []}).to_string();
    let typed = good.replace(MANIFEST, unknown);
    let twice = |field: &str| good.replacen('{', &format!("{{\"{field}\":[],"), 1);
    let config: Value = serde_json::from_str(&good).unwrap();
    let config = good.replacen('{', &format!("{{\"config\":{},", config["config"]), 1);
    let rows: Vec<(&str, Vec<u8>, &'static str, &'static [i32])> = vec![
        ("M28 brackets", deep.into(), MANIFEST, &[6]),
        ("M28 braces", "{\"config\":".repeat(100_000).into(), MANIFEST, &[6]),
        ("M28 nothing but brackets", "[".repeat(100_000).into(), MANIFEST, &[1, 6]),
        ("M29 cut", good[..good.len() / 2].into(), MANIFEST, &[6]),
        ("M30 a page", "<!DOCTYPE html><html></html>".into(), "text/html", &[1]),
        ("M30 a page that is no page", "<html></html>".into(), MANIFEST, &[1, 6]),
        ("M31 nothing", Vec::new(), MANIFEST, &[1, 6]),
        ("M31 nothing of no type", Vec::new(), "application/json", &[1, 6]),
        ("M32 null", "null".into(), MANIFEST, &[1, 6]),
        ("M33 a list", "[]".into(), MANIFEST, &[1, 6]),
        ("M33 an object", "{}".into(), MANIFEST, &[6]),
        ("M34 a byte order mark", format!("\u{feff}{good}").into(), MANIFEST, &[1, 6]),
        ("M35 schema 1", old.clone().into(), schema1, &[1]),
        ("M35 schema 1 under another name", old.into(), MANIFEST, &[1]),
        ("M36 an unknown type", typed.clone().into(), unknown, &[1]),
        ("M36 an unknown type under another name", typed.into(), MANIFEST, &[6]),
        ("M37 two lists of layers", twice("layers").into(), MANIFEST, &[6]),
        ("M37 two configs", config.into(), MANIFEST, &[6]),
        ("M37 two types", twice("mediaType").into(), MANIFEST, &[6]),
        ("no text", b"{\"schemaVersion\":2,\"\xff\xfe\":1}".to_vec(), MANIFEST, &[6]),
        ("zeros", vec![0; 1000], MANIFEST, &[1, 6]),
    ];
    rows.into_iter().map(|(name, body, sent, codes)| (name.to_owned(), body, sent, codes)).collect()
}

#[test]
fn m28_m29_m30_m31_m32_m33_m34_m35_m36_m37_what_is_no_manifest_is_an_error_that_says_so() {
    for (name, body, sent, codes) in documents(&Foreign::new()) {
        let there = Foreign::new();
        there.serves(sent, &body);
        for outcome in there.is_refused_with(codes) {
            assert!(
                outcome.stderr.starts_with("error: ") && outcome.stderr.len() < 2000,
                "{name}\n{outcome}"
            );
        }
        assert!(there.registry.requests(Route::Blob).is_empty(), "{name}");
        for command in ["inspect", "history", "digest"] {
            let outcome = there.home.run([command, &there.image()]);
            assert!(!outcome.stderr.contains("panicked"), "{name}\n{outcome}");
        }
    }
}

#[test]
fn m28_m29_m30_m31_m32_m33_m34_m35_m36_m37_nor_is_it_one_within_an_index() {
    for (name, body, ..) in documents(&Foreign::new()) {
        let there = Foreign::new();
        let child = for_this_machine(there.child(MANIFEST, &body));
        there.serves(INDEX, index(&[child]));
        for outcome in there.is_refused_with(&[1, 6]) {
            assert!(
                outcome.stderr.starts_with("error: ") && outcome.stderr.len() < 2000,
                "{name}\n{outcome}"
            );
        }
        assert!(there.registry.requests(Route::Blob).is_empty(), "{name}");
    }
}

#[test]
fn m28_depths_that_nobody_has_to_look_into_are_copied() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let there = Foreign::new();
        let manifest = there.manifest(&[there.blob(LAYER, b"layer")]).to_string();
        there.serves(MANIFEST, manifest.replacen('{', &format!("{{\"annotations\":{deep},"), 1));
        there.home.run(["pull", &there.image()]).succeeds();
        there.home.run(["copy", "-q", &there.image(), "oci:out:1"]).succeeds();
        let document = there.home.run(["manifest", &there.image()]).succeeds().raw;
        assert_eq!(there.home.run(["manifest", "oci:out:1"]).succeeds().raw, document);
        let copies = ["inspect", "history", "digest"].map(|command| [command, "oci:out:1"]);
        let kept = ["inspect", "history"].map(|command| [command, "IMAGE"]);
        for [command, image] in copies.into_iter().chain(kept) {
            let outcome = there.home.run([command, &image.replace("IMAGE", &there.image())]);
            assert!(matches!(outcome.code, 0 | 6) && !outcome.stderr.contains("panicked"), "{outcome}");
        }
        let saved = there.home.run(["save", "-o", "saved.tar", &there.image()]);
        assert!(matches!(saved.code, 0 | 1 | 6) && !saved.stderr.contains("panicked"), "{saved}");
    }
}

#[test]
fn m28_a_config_of_any_form_is_copied_and_not_obeyed() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    for config in
        [deep.as_str(), "", "null", "[]", "{", "<html>", "{\"os\":1}", "{\"os\":\"a\",\"os\":\"b\"}"]
    {
        let there = Foreign::new();
        let config = there.blob(CONFIG, config.as_bytes());
        there.serves(MANIFEST, image(&config, &[]).to_string());
        there.is_copied();
        for command in ["inspect", "history"] {
            let outcome = there.home.run([command, &there.image()]);
            assert!(matches!(outcome.code, 0 | 6), "{outcome}");
        }
    }
}

#[test]
fn m39_indexes_in_indexes_have_an_end() {
    for (depth, is_taken) in [(8, true), (9, false), (40, false)] {
        let there = Foreign::new();
        let mut child = there.child(MANIFEST, there.manifest(&[]).to_string());
        for _ in 1..depth {
            child = there.child(INDEX, index(&[for_this_machine(child)]));
        }
        there.serves(INDEX, index(&[for_this_machine(child)]));
        let begun = Instant::now();
        if is_taken {
            there.is_copied();
        } else {
            all_complain(there.is_refused(6), "indexes lie more than 8 deep");
            let asked = there.registry.requests(Route::Manifest).len();
            assert!(asked <= 4 * 10, "{asked} requests");
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

#[test]
fn m39_an_index_of_twenty_thousand_is_not_followed() {
    let there = Foreign::new();
    let entry = |n: u32| json!({"mediaType": MANIFEST, "digest": format!("sha256:{n:064x}"), "size": 100});
    let entries: Vec<_> = (0..20_000).map(entry).map(for_this_machine).collect();
    there.serves(INDEX, index(&entries));
    let begun = Instant::now();
    all_complain(there.is_refused(6), "10000 entries");
    assert!(there.registry.heard().len() <= 8, "{:#?}", there.registry.heard().len());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn m39_layers_without_number_are_not_followed() {
    let there = Foreign::new();
    let layer = |n: u32| json!({"mediaType": LAYER, "digest": format!("sha256:{n:064x}"), "size": 1});
    let layers: Vec<_> = (0..20_000).map(layer).collect();
    there.serves(MANIFEST, there.manifest(&layers).to_string());
    all_complain(there.is_refused(6), "10000 entries");
    assert!(there.registry.heard().len() <= 8);
}

#[test]
fn m39_what_stands_in_many_indexes_is_asked_for_once() {
    let there = Foreign::new();
    let leaf = there.child(MANIFEST, there.manifest(&[]).to_string());
    // Each names both of the level below it a hundred times: 200^7 ways lead to the same image.
    let mut level = [leaf.clone(), leaf];
    for depth in 0..7 {
        let named: Vec<_> = level.iter().cycle().take(200).cloned().collect();
        level = [0, 1].map(|side| {
            let index = json!({
                "schemaVersion": 2, "mediaType": INDEX, "manifests": named,
                "annotations": {"side": format!("{depth}{side}")},
            });
            there.child(INDEX, index.to_string())
        });
    }
    there.serves(INDEX, index(&level.map(for_this_machine)));
    let begun = Instant::now();
    there.home.run(["pull", "--all-platforms", &there.image()]).succeeds();
    let asked = there.registry.requests(Route::Manifest).len();
    assert_eq!(asked, 16, "1 root, 7 levels of 2, 1 image");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// An image that says something hostile wherever it can.
fn hostile() -> (Foreign, String) {
    let there = Foreign::new();
    let config = json!({
        "os": "linux", "architecture": "amd64", "author": HOSTILE, "config": {"Labels": {HOSTILE: HOSTILE}},
        "history": [{"created_by": HOSTILE, "comment": HOSTILE}],
    });
    let config = there.blob(CONFIG, config.to_string().as_bytes());
    let mut manifest = image(&config, &[there.blob(LAYER, b"layer")]);
    manifest["annotations"] = json!({HOSTILE: HOSTILE});
    // Between the words of JSON there may be what moves the cursor to the beginning of its line.
    let document = manifest.to_string().replacen('{', "{\r", 1);
    there.serves(MANIFEST, &document);
    (there, document)
}

fn is_tame(text: &str) -> bool {
    // The terminal's own line ends are `\r\n`, of which only the last is left.
    text.chars().all(|c| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)))
}

#[test]
fn m41_m42_a_terminal_is_shown_what_an_image_says_and_a_pipe_gets_it() {
    let (there, document) = hostile();
    there.is_copied();
    let image = there.image();
    let on_terminal = |line: &str| {
        let shown = decoded(&Terminal::run(&there.home, &format!("regcli {line}")).ends(0));
        assert!(is_tame(&shown) && shown.contains("evil"), "{line}: {shown:?}");
        shown
    };
    for place in [image.as_str(), "oci:out:1"] {
        let shown = on_terminal(&format!("manifest {place}"));
        assert!(shown.contains(r"\u{9b}31m\u{202e}evil"), "{shown:?}");
        let piped = there.home.run(["manifest", place]).succeeds();
        assert_eq!(piped.raw, document.as_bytes(), "a pipe gets the bytes as they are");
        for command in
            ["history", "history --no-trunc", "inspect", "inspect -f json", "inspect -f '{{.Author}}'"]
        {
            on_terminal(&format!("{command} {place}"));
        }
    }
}

#[test]
fn m41_platforms_that_an_index_offers_are_shown_and_not_obeyed() {
    let there = Foreign::new();
    let mut child = there.child(MANIFEST, there.manifest(&[]).to_string());
    child["platform"] = json!({"os": HOSTILE, "architecture": "\u{1b}[2J\r\n", "variant": HOSTILE});
    there.serves(INDEX, index(&[child]));
    let outcome = there.home.run(["pull", &there.image()]).ends_with(3);
    assert!(is_tame(&outcome.stderr) && outcome.stderr.contains("evil"), "{outcome}");
    not_kept(&there.home);
}

#[test]
fn m41_media_types_are_shown_and_not_obeyed() {
    let there = Foreign::new();
    let mut document = there.manifest(&[]);
    document["mediaType"] = json!(format!("application/\u{1b}]0;x\u{7}{HOSTILE}"));
    there.serves(MANIFEST, document.to_string());
    for outcome in there.is_refused_with(&[1, 6]) {
        assert!(is_tame(&outcome.stderr), "{:?}", outcome.stderr);
    }
}
