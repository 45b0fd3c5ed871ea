//! Docker's spellings, messages and exit codes.

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Kind, regcli};

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "U2",
        &[
            "reports::wording::u2_manifest_inspect_shows_what_docker_shows",
            "reports::wording::u2_dockers_names_for_df_and_gc_do_the_same",
            "reports::wording::u2_dockers_flags_before_the_command_are_taken",
            "reports::wording::u2_u12_what_docker_has_and_regcli_has_not_gets_one_right_hint",
            "reports::wording::u2_a_mistyped_word_gets_the_nearest_one_or_none",
            "cli::nearest::the_nearest_word_is_found_if_it_is_near",
        ],
    ),
    (
        "U7",
        &[
            "reports::wording::u7_a_refused_password_is_told_in_one_sentence",
            "terminal::u7_an_open_registry_is_told_of_before_anything_is_typed",
        ],
    ),
    (
        "U9",
        &[
            "reports::wording::u9_not_found_is_only_what_a_registry_or_the_store_does_not_have",
            "reports::wording::u9_a_store_that_cannot_be_made_names_what_to_set",
            "reports::wording::u9_a_certificate_file_that_does_not_exist_is_named",
            "ui::format::safe::u2_a_document_keeps_its_tabs",
        ],
    ),
    ("U12", &["reports::wording::u2_u12_what_docker_has_and_regcli_has_not_gets_one_right_hint"]),
];

/// The hint of a command line that fails as wrong usage; empty if there is none.
#[track_caller]
fn hint(line: &str) -> String {
    let said = regcli(line.split(' ')).ends_with(125).stderr;
    said.split_once("\n\nhint: ").map_or_else(String::new, |(_, hint)| hint.trim_end().to_owned())
}

#[test]
fn u2_manifest_inspect_shows_what_docker_shows() {
    for kind in Kind::present() {
        let (registry, home) = (kind.open(), Home::fresh());
        let image = format!("{}/app:1", registry.host());
        let (single, multi) = (Fixture::docker(), Fixture::multi_platform());
        home.run(["copy", "-q", &single.place(), &image]).succeeds();
        let shown = home.run(["manifest", "inspect", &image]).succeeds();
        let raw = home.run(["manifest", &image]).succeeds();
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(parsed(&shown.stdout), parsed(&raw.stdout));
        assert!(shown.stdout.starts_with("{\n\t\"schemaVersion\": 2,\n"), "{shown}");

        let verbose = parsed(&home.run(["manifest", "inspect", "-v", &image]).succeeds().stdout);
        assert_eq!(verbose["Ref"], json!(image));
        assert_eq!(verbose["Descriptor"]["digest"], json!(single.root.digest.to_string()));
        assert_eq!(verbose["Descriptor"]["platform"]["os"], json!("linux"));
        assert_eq!(verbose["SchemaV2Manifest"], parsed(&raw.stdout));

        home.run(["copy", "-q", &multi.place(), &image]).succeeds();
        let list = home.run(["manifest", "inspect", &image]).succeeds().stdout;
        assert!(list.starts_with("{\n   \"schemaVersion\": 2,\n"), "{list}");
        let verbose = parsed(&home.run(["manifest", "inspect", "--verbose", &image]).succeeds().stdout);
        let children = parsed(&list)["manifests"].as_array().unwrap().clone();
        assert_eq!(verbose.as_array().unwrap().len(), children.len());
        for (shown, child) in verbose.as_array().unwrap().iter().zip(&children) {
            let digest = child["digest"].as_str().unwrap();
            assert_eq!(shown["Ref"], json!(format!("{image}@{digest}")));
            assert_eq!(shown["Descriptor"]["platform"]["architecture"], child["platform"]["architecture"]);
            assert_eq!(shown["OCIManifest"]["schemaVersion"], json!(2), "{shown}");
        }

        // The check of CI scripts: is there such a tag?
        let absent = format!("{}/app:2", registry.host());
        home.run(["manifest", "inspect", &absent]).ends_with(3).complains("manifest unknown");
    }
}

#[test]
fn u2_dockers_names_for_df_and_gc_do_the_same() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:app:1"]).succeeds();
    assert_eq!(home.run(["system", "df"]).succeeds().stdout, home.run(["df"]).succeeds().stdout);
    assert_eq!(home.run(["system", "df", "-v"]).succeeds().stdout, home.run(["df", "-v"]).succeeds().stdout);

    let orphan = |content: &[u8]| {
        let name = crate::support::sha256(content);
        std::fs::write(crate::support::blob_path(&home.store(), &name), content).unwrap();
    };
    for command in [&["image", "prune", "-f"][..], &["image", "prune"], &["system", "prune", "--force"]] {
        orphan(b"ten bytes.");
        assert_eq!(home.run(command).succeeds().last_line(), "Total reclaimed space: 10B");
    }
    home.run(["images", "-q"]).succeeds();
    assert_eq!(home.run(["images", "-q"]).succeeds().stdout.lines().count(), 1, "the image is still there");

    let refused = home.run(["image", "prune", "-a"]).ends_with(125);
    assert!(refused.stderr.contains("regcli rmi"), "{refused}");
    assert_eq!(home.run(["images", "-q"]).succeeds().stdout.lines().count(), 1);
}

#[test]
fn u2_dockers_flags_before_the_command_are_taken() {
    let home = Home::fresh();
    for line in
        ["-D images", "-l info images", "--log-level=error images", "-l debug images", "-c default images"]
    {
        home.run(line.split(' ')).succeeds();
    }
    let engine = home.run(["-H", "unix:///no/such.sock", "copy", "docker-daemon:app:1", "store:app:1"]);
    assert!(engine.code != 0 && engine.stderr.contains("/no/such.sock"), "{engine}");
    let context = home.regcli(["-c", "nosuch", "copy", "docker-daemon:app:1", "store:app:1"]);
    let context = context.env("DOCKER_HOST", "unix:///other.sock").run();
    assert!(context.code != 0 && context.stderr.contains("context \"nosuch\""), "{context}");
    let both = home.run(["-H", "unix:///x", "-c", "default", "images"]).ends_with(125);
    assert!(both.stderr.contains("conflicting options"), "{both}");

    for line in ["--platform linux/amd64 pull x", "-q pull x"] {
        let flag = line.split(' ').next().unwrap();
        assert_eq!(
            hint(line),
            format!("{flag} is a flag of pull: write it after the command, regcli pull {flag} ...")
        );
    }
    assert!(hint("--tlsverify images").contains("DOCKER_TLS_VERIFY"));
}

#[test]
fn u2_u12_what_docker_has_and_regcli_has_not_gets_one_right_hint() {
    let to_docker =
        "regcli has no containers; to run an image with Docker: regcli copy store:IMAGE docker-daemon:IMAGE";
    for line in ["run ubuntu", "ps", "ps -a", "exec x sh", "container ls", "create x"] {
        assert_eq!(hint(line), to_docker, "{line}");
    }
    for line in ["build .", "buildx build .", "image build ."] {
        assert!(hint(line).contains("regcli copy store:IMAGE docker-daemon:IMAGE"), "{line}");
    }
    assert_eq!(
        hint("buildx imagetools inspect x"),
        "regcli manifest inspect IMAGE, or regcli inspect --remote IMAGE"
    );
    for line in ["info", "system info"] {
        assert!(hint(line).contains("regcli doctor"), "{line}");
    }
    for line in ["manifest create x y", "manifest create -a x y", "manifest push x y"] {
        assert!(hint(line).contains("regcli copy"), "{line}");
    }
}

#[test]
fn u2_a_mistyped_word_gets_the_nearest_one_or_none() {
    assert_eq!(hint("pul x"), "did you mean pull?");
    assert_eq!(hint("imagse"), "did you mean images?");
    assert_eq!(hint("image pul x"), "did you mean pull?");
    assert_eq!(hint("pull --quite x"), "did you mean --quiet?");
    for line in ["scout", "imagetools", "xyz"] {
        assert_eq!(hint(line), "", "{line}");
    }
}

#[test]
fn u7_a_refused_password_is_told_in_one_sentence() {
    for kind in Kind::present() {
        let registry = kind.with_password("ci", "right");
        let home = Home::fresh();
        let host = registry.host();
        let login = home.regcli(["login", "-u", "ci", "--password-stdin", host]).stdin("wrong").run();
        let said = login.ends_with(4).stderr;
        assert!(
            said.starts_with(&format!("error: {host} refused user ci: wrong name or password\n")),
            "{said}"
        );
        assert!(
            said.contains("failed with status: 401 Unauthorized\n"),
            "Docker's words are there too: {said}"
        );
        assert!(!said.contains("regcli login"), "who logs in need not be told to: {said}");
        assert!(said.lines().count() <= 4, "{said}");
    }
}

#[test]
fn u9_not_found_is_only_what_a_registry_or_the_store_does_not_have() {
    let home = Home::fresh();
    for line in [
        "load -i /no/such.tar",
        "import /no/such.tar x",
        "copy oci-archive:/no/such.tar store:x",
        "copy docker-archive:/no/such.tar store:x",
        "--store /proc/x import /etc/hostname x",
    ] {
        let said = home.run(line.split(' ')).ends_with(1);
        assert!(said.stderr.to_lowercase().contains("no such file"), "{said}");
    }
    for line in ["rmi x", "tag x y", "inspect 7688e3a7fe60", "save x -o out.tar"] {
        home.run(line.split(' ')).ends_with(3);
    }
    // Nothing was denied: a flag is missing.
    let login = home.regcli(["login", "-p", "x", "127.0.0.1:1"]).run().ends_with(125);
    assert!(login.stderr.contains("--username"), "{login}");
}

#[test]
fn u9_a_certificate_file_that_does_not_exist_is_named() {
    let home = Home::fresh();
    std::fs::create_dir(home.path().join("tls")).unwrap();
    let outcome = home.run(["--ca-file", "tls/nope.pem", "tags", "127.0.0.1:1/app"]);
    outcome.complains("hint: check the path: there is no file tls/nope.pem");
}

#[test]
fn u9_a_store_that_cannot_be_made_names_what_to_set() {
    let home = Home::fresh();
    let nobody = |home_folder: &str| {
        let import = home.regcli(["import", "/etc/hostname", "app:1"]);
        let import = import.env("HOME", home_folder).env("REGCLI_STORE", "");
        let import = match rustix::process::geteuid().is_root() {
            true => import.under("setpriv", ["--reuid=65534", "--clear-groups"]),
            false => import,
        };
        import.run().ends_with(1)
    };
    for folder in ["/no/such/home", "/proc/no/such/home"] {
        let said = nobody(folder).stderr;
        assert!(said.contains("REGCLI_STORE") && !said.contains("and its permissions"), "{said}");
    }
}
