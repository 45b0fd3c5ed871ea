//! `history`: transcript 09. The image has the steps and the sizes of the recording; its layers are stored
//! uncompressed, so that they are as large as there.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Fixture, Home};

use super::{Recording, keep, short};

const PATH: &str = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The commands of the recording, the first one first, and how many bytes each has added.
fn steps() -> Vec<(String, usize)> {
    let copy = |hash: &str, target: &str| {
        format!("/bin/sh -c #(nop) COPY file:{hash}{} in {target} ", "0".repeat(48))
    };
    let setting = |setting: &str| (format!("/bin/sh -c #(nop)  {setting}"), 0);
    vec![
        setting("LABEL maintainer=demo tier=base"),
        (copy("38fec49d3ec474ea", "/base.bin"), 3_500_000),
        (copy("f85ab379f65c6505", "/small.txt"), 300),
        setting(PATH),
        setting(r#"CMD ["/bin/sh"]"#),
        (copy("be1bf0edb5050eb0", "/app/app.bin"), 25_000_000),
        (copy("4f9e00fc20c76942", "/app/conf.txt"), 40),
        setting(r#"ENTRYPOINT ["/app/app.bin"]"#),
        setting("EXPOSE 8080/tcp"),
    ]
}

/// The image of the recording, made two minutes ago.
fn app() -> (Fixture, String) {
    let created =
        (Timestamp::now() - SignedDuration::from_secs(130)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let entry = |(command, size): &(String, usize)| {
        let mut entry = json!({"created": created, "created_by": command});
        if *size == 0 {
            entry["empty_layer"] = json!(true);
        }
        entry
    };
    let history: Vec<Value> = steps().iter().map(entry).collect();
    let config = json!({"architecture": "amd64", "os": "linux", "created": created, "history": history});
    let sizes = steps().into_iter().map(|(_, size)| size).filter(|size| *size > 0);
    let layers: Vec<Vec<u8>> = sizes.map(|size| vec![7; size]).collect();
    (Fixture::with_config(config, &layers), created)
}

/// The image in a store.
struct Kept {
    home: Home,
    recording: Recording,
}

impl Kept {
    fn new() -> Self {
        let home = Home::fresh();
        let (fixture, created) = app();
        keep(&home, &fixture, "lab/app:1");
        let id = fixture.config_digest();
        let recording = Recording::at(&home)
            .with(&id, "sha256:<----------------------------id-of-app----------------------------->")
            .with(short(&id), "<id-of-app->")
            .with(created, "2026-11-21T20:39:02Z");
        Self { home, recording }
    }

    #[track_caller]
    fn check(&self, arguments: &[&str], expected: &str) {
        self.recording.check(&self.home.run(["history"].iter().chain(arguments)), expected);
    }
}

#[test]
fn transcript_09_the_table() {
    let kept = Kept::new();
    let table = "
        out| IMAGE          CREATED         CREATED BY                                      SIZE      COMMENT
        out| <id-of-app->   2 minutes ago   /bin/sh -c #(nop)  EXPOSE 8080/tcp              0B        \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop)  ENTRYPOINT [\"/app/app.bin…   0B        \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop) COPY file:4f9e00fc20c76942…   40B       \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop) COPY file:be1bf0edb5050eb0…   25MB      \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop)  CMD [\"/bin/sh\"]              0B        \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop)  ENV PATH=/usr/local/sbin:…   0B        \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop) COPY file:f85ab379f65c6505…   300B      \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop) COPY file:38fec49d3ec474ea…   3.5MB     \x20
        out| <missing>      2 minutes ago   /bin/sh -c #(nop)  LABEL maintainer=demo tie…   0B        \x20
        exit 0"
        .replace("\x20\n", "\n");
    kept.check(&["lab/app:1"], &table);
    kept.check(&["-H", "lab/app:1"], &table);
    kept.check(&["--human=true", "store:lab/app:1"], &table);
    kept.recording.check(&kept.home.run(["image", "history", "lab/app:1"]), &table);
}

#[test]
fn transcript_09_no_trunc_quiet_and_not_for_humans() {
    let kept = Kept::new();
    let shown = kept.home.run(["history", "--no-trunc", "lab/app:1"]).succeeds().stdout;
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with(&format!("IMAGE{}CREATED         CREATED BY ", " ".repeat(69))), "{shown}");
    for (line, (command, _)) in lines[1..].iter().zip(steps().iter().rev()) {
        assert!(line.contains(command.trim_end()), "{line}");
    }
    let missing = "\nout| <missing>".repeat(8);
    kept.check(&["-q", "lab/app:1"], &format!("out| <id-of-app->{missing}\nexit 0"));
    kept.check(
        &["-q", "--no-trunc", "lab/app:1"],
        &format!(
            "out| sha256:<----------------------------id-of-app----------------------------->{missing}\nexit 0"
        ),
    );
    let shown = kept.home.run(["history", "--human=false", "lab/app:1"]).succeeds();
    let shown: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(
        shown[0],
        "IMAGE          CREATED AT             CREATED BY                                      SIZE       COMMENT"
    );
    assert!(
        shown[4].ends_with("Z   /bin/sh -c #(nop) COPY file:be1bf0edb5050eb0…   25000000   "),
        "{shown:?}"
    );
    assert!(
        shown[9].ends_with("Z   /bin/sh -c #(nop)  LABEL maintainer=demo tie…   0          "),
        "{shown:?}"
    );
}

#[test]
fn transcript_09_formats() {
    let kept = Kept::new();
    let first = |arguments: &[&str], expected: &str| {
        let fixed = ["history", "lab/app:1"];
        let outcome = kept.home.run(fixed.iter().chain(arguments)).succeeds();
        let line = outcome.stdout.lines().next().unwrap();
        let shown = kept.recording.0.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to));
        assert_eq!(shown, expected, "{arguments:?}");
    };
    let json = r#"{"Comment":"","CreatedAt":"2026-11-21T20:39:02Z","CreatedBy":"/bin/sh -c #(nop)  EXPOSE 8080/tcp","CreatedSince":"2 minutes ago","ID":"<id-of-app->","Size":"0B"}"#;
    first(&["--format", "json"], json);
    first(&["--format", "{{json .}}", "-q"], json);
    first(&["--format", "{{.ID}} {{.CreatedAt}} {{.Size}}"], "<id-of-app-> 2026-11-21T20:39:02Z 0B");
    first(&["--format", r"table {{.Size}}\t{{.ID}}\t{{.Comment}}"], "SIZE      IMAGE          COMMENT");
    first(&["--format", "{{.CreatedSince}} {{.Size}}", "--human=false"], "2026-11-21T20:39:02Z 0");
    kept.check(
        &["--format", "{{.Nope}}", "lab/app:1"],
        "err| error: template parsing error: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type *image.historyContext
         exit 125",
    );
}

#[test]
fn transcript_09_images_that_there_are_not() {
    let home = Home::fresh();
    let recording = Recording::at(&home);
    recording.check(
        &home.run(["history", "7688e3a7fe60"]),
        "err| error: No such image: 7688e3a7fe60:latest
         err|
         err| hint: list the images of the store: regcli images
         exit 3",
    );
    recording.check(
        &home.run(["history", "Upper"]),
        "err| error: invalid reference format: repository name (library/Upper) must be lowercase
         err|
         err|   Upper
         err|   ^
         err|
         err| hint: use lower case: upper
         exit 125",
    );
}
