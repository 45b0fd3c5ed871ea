//! `images`: transcript 09. The images are as old, as large and as labelled as those of the recording.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Fixture, Home, blob_path, sha256};

use super::{Recording, short};

/// The IDs of both images, in tables with the width that they have.
const APP: &str = "<id--of--app>";
const BASE: &str = "<id--of-base>";
const FULL_APP: &str = "sha256:<--------------------------id-of-app---------------------------->";
const FULL_BASE: &str = "sha256:<--------------------------id-of-base--------------------------->";

/// An image with one layer, in a layout of its own.
struct Made {
    layout: tempfile::TempDir,
    id: String,
    digest: String,
}

impl Made {
    /// An image that was made so many hours ago and is so large, config and layer together.
    fn new(hours: i64, size: usize, labels: &Value) -> Self {
        let layout = tempfile::tempdir().unwrap();
        let put = |content: &[u8]| {
            let digest = sha256(content);
            let path = blob_path(layout.path(), &digest);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
            json!({"digest": digest, "size": content.len()})
        };
        let described = |media_type: &str, content: &[u8]| {
            let mut part = put(content);
            part["mediaType"] = json!(format!("application/vnd.oci.image.{media_type}"));
            part
        };
        let created = Timestamp::now() - SignedDuration::from_mins(hours * 60 + 10);
        let config = json!({
            "architecture": "amd64", "os": "linux", "created": created.to_string(),
            "config": {"Labels": labels}, "rootfs": {"type": "layers", "diff_ids": [sha256(b"")]},
        });
        let config = serde_json::to_vec(&config).unwrap();
        let layer = vec![7; size - config.len()];
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": described("config.v1+json", &config), "layers": [described("layer.v1.tar", &layer)],
        });
        let manifest = described("manifest.v1+json", &serde_json::to_vec(&manifest).unwrap());
        let digest = manifest["digest"].as_str().unwrap().to_owned();
        let index = json!({"schemaVersion": 2, "manifests": [manifest]});
        fs::write(layout.path().join("index.json"), index.to_string()).unwrap();
        fs::write(layout.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        Self { id: sha256(&config), digest, layout }
    }

    fn keep(&self, home: &Home, name: &str) {
        let place = format!("oci:{}", self.layout.path().display());
        home.run(["copy", "-q", &place, &format!("store:{name}")]).succeeds();
    }
}

/// The home of the recording: two images, one of them with four names.
struct Recorded {
    home: Home,
    recording: Recording,
}

impl Recorded {
    fn new() -> Self {
        let home = Home::fresh();
        let base = Made::new(4 * 24, 3_500_000, &json!({"tier": "base", "maintainer": "demo"}));
        let app = Made::new(2, 28_500_000, &json!({"tier": "app"}));
        app.keep(&home, "lab/app:1");
        for name in ["lab/base:1", "byid:1", "ubuntu:20.04", "ubuntu:latest", "127.0.0.1:5010/ubuntu:latest"]
        {
            base.keep(&home, name);
        }
        let recording = Recording::at(&home)
            .with(&app.id, FULL_APP)
            .with(&base.id, FULL_BASE)
            .with(format!("{} ", short(&app.id)), "<id-of-app-> ")
            .with(format!("{} ", short(&base.id)), "<id-of-base> ")
            .with(short(&app.id), APP)
            .with(short(&base.id), BASE)
            .with(&app.digest, "DIGEST_OF_APP")
            .with(&base.digest, "DIGEST_OF_BASE");
        Self { home, recording }
    }

    #[track_caller]
    fn check(&self, arguments: &[&str], expected: &str) {
        self.recording.check(&self.home.run(["images"].iter().chain(arguments)), expected);
    }

    /// Asserts which names are listed, in which order.
    #[track_caller]
    fn lists(&self, arguments: &[&str], expected: &[&str]) {
        let fixed = ["images", "--format", "{{.Repository}}:{{.Tag}}"];
        let outcome = self.home.run(fixed.iter().chain(arguments)).succeeds();
        assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), expected, "{arguments:?}\n{outcome}");
    }
}

/// All names, the newest image first, those of one image in their order.
const ALL: [&str; 6] =
    ["lab/app:1", "127.0.0.1:5010/ubuntu:latest", "byid:1", "lab/base:1", "ubuntu:20.04", "ubuntu:latest"];

const TABLE: &str = "
    out| REPOSITORY              TAG       IMAGE ID       CREATED       SIZE
    out| lab/app                 1         <id-of-app->   2 hours ago   28.5MB
    out| 127.0.0.1:5010/ubuntu   latest    <id-of-base>   4 days ago    3.5MB
    out| byid                    1         <id-of-base>   4 days ago    3.5MB
    out| lab/base                1         <id-of-base>   4 days ago    3.5MB
    out| ubuntu                  20.04     <id-of-base>   4 days ago    3.5MB
    out| ubuntu                  latest    <id-of-base>   4 days ago    3.5MB
    exit 0";

#[test]
fn transcript_09_the_table() {
    let recorded = Recorded::new();
    recorded.check(&[], TABLE);
    recorded.check(&["-a"], TABLE);
    for name in ["ls", "list"] {
        recorded.recording.check(&recorded.home.run(["image", name]), TABLE);
    }
    recorded.check(&["nosuch"], "out| REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\nexit 0");
    recorded.check(
        &["-q"],
        &format!("out| {APP}\nout| {BASE}\nout| {BASE}\nout| {BASE}\nout| {BASE}\nout| {BASE}\nexit 0"),
    );
    recorded.check(&["-q", "--no-trunc", "lab/*"], &format!("out| {FULL_APP}\nout| {FULL_BASE}\nexit 0"));
    recorded.check(
        &["ubuntu"],
        "out| REPOSITORY   TAG       IMAGE ID       CREATED      SIZE
         out| ubuntu       20.04     <id-of-base>   4 days ago   3.5MB
         out| ubuntu       latest    <id-of-base>   4 days ago   3.5MB
         exit 0",
    );
}

#[test]
fn transcript_09_no_trunc_and_digests_widen_the_table() {
    let recorded = Recorded::new();
    let wide = |text: &str| format!("{text}{}", " ".repeat(71 - text.len()));
    let (id, digest) = (wide("IMAGE ID"), wide("DIGEST"));
    recorded.check(
        &["--no-trunc", "lab/*"],
        &format!(
            "out| REPOSITORY   TAG       {id}   CREATED       SIZE
             out| lab/app      1         {FULL_APP}   2 hours ago   28.5MB
             out| lab/base     1         {FULL_BASE}   4 days ago    3.5MB
             exit 0"
        ),
    );
    recorded.check(
        &["--digests", "lab/*"],
        &format!(
            "out| REPOSITORY   TAG       {digest}   IMAGE ID       CREATED       SIZE
             out| lab/app      1         DIGEST_OF_APP   <id-of-app->   2 hours ago   28.5MB
             out| lab/base     1         DIGEST_OF_BASE   <id-of-base>   4 days ago    3.5MB
             exit 0"
        ),
    );
}

#[test]
fn transcript_09_filters() {
    let recorded = Recorded::new();
    recorded.lists(&[], &ALL);
    for (arguments, expected) in [
        (&["ubu*"][..], &ALL[4..]),
        (&["ubuntu:latest"], &ALL[5..]),
        (&["*/*"], &[ALL[0], ALL[1], ALL[3]]),
        (&["127.0.0.1:5010/ubuntu"], &ALL[1..2]),
        (&["--filter", "reference=*:1"], &ALL[2..3]),
        (&["-f", "reference=ubuntu:2*", "-f", "reference=byid"], &[ALL[2], ALL[4]]),
        (&["-f", "dangling=true"], &[]),
        (&["-f", "dangling=false"], &ALL),
        (&["-f", "label=tier=app"], &ALL[..1]),
        (&["-f", "label=tier"], &ALL),
        (&["-f", "label!=maintainer"], &ALL[..1]),
        (&["-f", "label=tier", "-f", "label=maintainer=demo"], &ALL[1..]),
        (&["-f", "before=lab/app:1"], &ALL[1..]),
        (&["-f", "since=lab/base:1"], &ALL[..1]),
        (&["-f", "since=lab/app:1"], &[]),
        (&["-f", "until=2020-01-01T00:00:00Z"], &[]),
    ] {
        recorded.lists(arguments, expected);
    }
}

#[test]
fn transcript_09_filters_that_are_none() {
    let home = Home::fresh();
    let usage = "err|
                 err| Usage:  regcli images [OPTIONS] [REPOSITORY[:TAG]]
                 err|
                 err| Run 'regcli images --help' for more information
                 exit 125";
    for (filter, problem) in [
        ("nope=1", "invalid filter 'nope'"),
        ("dangling=maybe", "invalid filter 'dangling=maybe'"),
        ("stars", "bad format of filter (expected name=value)"),
    ] {
        Recording::at(&home).check(
            &home.run(["images", "-f", filter]),
            &format!(
                "err| error: invalid argument \"{filter}\" for \"-f, --filter\" flag: {problem}\n{usage}"
            ),
        );
    }
    Recording::at(&home).check(
        &home.run(["images", "-f", "since=nosuch:1"]),
        "err| error: No such image: nosuch:1
         err|
         err| hint: list the images of the store: regcli images
         exit 3",
    );
}

#[test]
fn transcript_09_formats() {
    let recorded = Recorded::new();
    recorded.check(
        &["--format", "{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}} {{.CreatedSince}} {{.Size}}", "lab/*"],
        "out| <id-of-app-> lab/app 1 DIGEST_OF_APP 2 hours ago 28.5MB
         out| <id-of-base> lab/base 1 DIGEST_OF_BASE 4 days ago 3.5MB
         exit 0",
    );
    recorded.check(
        &["--format", r"table {{.Repository}}:{{.Tag}}\t{{.Size}}"],
        "out| REPOSITORY:TAG                 SIZE
         out| lab/app:1                      28.5MB
         out| 127.0.0.1:5010/ubuntu:latest   3.5MB
         out| byid:1                         3.5MB
         out| lab/base:1                     3.5MB
         out| ubuntu:20.04                   3.5MB
         out| ubuntu:latest                  3.5MB
         exit 0",
    );
    let created = recorded.home.run(["images", "--format", "{{.CreatedAt}}", "lab/app"]).succeeds().stdout;
    assert!(created.trim_end().ends_with(" +0000 UTC"), "{created}");
    let recording = recorded.recording.clone().with(created.trim_end(), "CREATED_AT");
    let check = |arguments: &[&str], expected: &str| {
        recording.check(&recorded.home.run(["images", "lab/app"].iter().chain(arguments)), expected);
    };
    let object = format!(
        r#"out| {{"Containers":"N/A","CreatedAt":"CREATED_AT","CreatedSince":"2 hours ago","Digest":"DIGEST_OF_APP","ID":"{APP}","Repository":"lab/app","SharedSize":"N/A","Size":"28.5MB","Tag":"1","UniqueSize":"N/A","VirtualSize":"28.5MB"}}"#
    );
    check(&["--format", "json"], &format!("{object}\nexit 0"));
    check(&["--format", "{{json .}}"], &format!("{object}\nexit 0"));
    check(
        &["--format", "raw"],
        &format!(
            "out| repository: lab/app
             out| tag: 1
             out| image_id: {APP}
             out| created_at: CREATED_AT
             out| virtual_size: 28.5MB
             out|
             exit 0"
        ),
    );
    check(&["--format", "raw", "-q"], &format!("out| image_id: {APP}\nexit 0"));
    check(
        &["--format", "{{.Nope}}"],
        "err| error: template parsing error: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type *formatter.imageContext
         exit 125",
    );
}

#[test]
fn docker_29_guesses_that_images_ls_was_meant_as_image_ls() {
    let home = Home::fresh();
    let header = "out| REPOSITORY   TAG       IMAGE ID   CREATED   SIZE";
    let check = |arguments: &[&str], expected: &str| {
        Recording::at(&home).check(&home.run(arguments), expected);
    };
    check(&["images", "nosuch"], &format!("{header}\nexit 0"));
    check(
        &["images", "ls"],
        &format!(
            "{header}\nerr|\nerr| No images found matching \"ls\": did you mean \"regcli image ls\"?\nexit 0"
        ),
    );
    super::keep(&home, &Fixture::small(), "ls:1");
    assert_eq!(home.run(["images", "-q", "ls"]).succeeds().stderr, "");
}
