use super::super::{Referrers, Transport};
use super::*;

const FILE: &str = r#"version: 1
x-common: &common
  allow: ["v?\\d+\\.\\d+\\.\\d+"]
  deny:
    - ".*0"
creds:
  - registry: '{{env "REGISTRY_HOST"}}'
    user: robot
    pass: '{{ env "PASSWORD" }}'
    tls: disabled
    reqPerSec: 10
  - registry: docker.io
    user: reader
    pass: '{{env "UNSET"}}'
  - registry: self-signed.internal
    tls: insecure
    regcert: /etc/ca.pem
defaults:
  schedule: "15 3 * * *"
  parallel: 2
  ratelimit:
    min: 60
    retry: 15m
  referrers: true
sync:
  - source: alpine:3.18
    target: '{{env "REGISTRY_HOST"}}/library/alpine:3.18'
    type: image
    interval: 60m
    backup: "bkup-{{.Ref.Tag}}"
  - source: ghcr.io/org/tool
    target: registry.internal:5000/tool
    type: image
    referrers: false
    hooks:
      post:
        type: sh
        params: ["echo done"]
  - source: busybox
    target: registry.internal:5000/library/busybox
    type: repository
    tags: *common
    platform: linux/amd64
    platforms: [linux/arm64]
  - source: postgres
    target: registry.internal:5000/library/postgres
    type: repository
    tagSets:
      - semverRange: [">15.1 <=16", "^12"]
        deny: [".*alpine"]
      - allow: ["latest|edge"]
  - source: registry.example.com:5000
    target: registry.internal:5000/copy
    type: registry
    repos:
      allow: ["team/.*"]
      deny: ["team/secret"]
"#;

#[test]
fn a_file_is_read_with_the_meaning_that_it_has_for_regsync() {
    let recipe = parsed("regsync.yml", FILE).unwrap();
    assert_eq!(
        names(&recipe),
        ["alpine", "ghcr.io/org/tool", "busybox", "postgres", "registry.example.com:5000/"]
    );
    let [alpine, tool, busybox, postgres, registry] = &recipe.rules[..] else { panic!() };
    assert_eq!(chosen(alpine, ""), "3.18");
    assert_eq!(goes(alpine, "alpine:3.18"), "registry.internal:5000/library/alpine:3.18");
    assert_eq!(alpine.referrers, Referrers::Carry);

    // An image without a tag is `latest` at both ends.
    assert_eq!((chosen(tool, ""), tool.referrers), ("latest".to_owned(), Referrers::Leave));
    assert_eq!(goes(tool, "ghcr.io/org/tool:latest"), "registry.internal:5000/tool:latest");

    // Expressions have to fit the whole tag.
    assert_eq!(chosen(busybox, "1.36.1 v1.36.2 1.36.0 1.36.1-musl 1.36 latest"), "1.36.1 v1.36.2");
    assert_eq!(
        busybox.platforms.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["linux/amd64", "linux/arm64"]
    );

    // Missing parts of a range are zero, and pre-releases are versions like any others.
    let list =
        "12.1 12.1-alpine 13 15 15.1 15.1.1 15.2-bookworm 15.2-alpine 16.0.0 16 16.1 latest edge latest-x";
    assert_eq!(chosen(postgres, list), "12.1 15.1.1 15.2-bookworm 16.0.0 16 latest edge latest-x");

    let keeps = |path: &str| registry.source.keeps(&path.parse().unwrap());
    assert!(keeps("team/app") && !keeps("team/secret") && !keeps("my/team/app"));
    assert_eq!(
        goes(registry, "registry.example.com:5000/team/app:1"),
        "registry.internal:5000/copy/team/app:1"
    );
}

#[test]
fn logins_are_read_and_what_has_no_effect_is_named() {
    let recipe = parsed("regsync.yml", FILE).unwrap();
    let [internal, signed] = &recipe.logins[..] else { panic!("{:?}", recipe.logins) };
    assert_eq!(
        (internal.registry.as_str(), internal.transport),
        ("registry.internal:5000", Transport::PlainHttp)
    );
    let credential = internal.credential.as_ref().unwrap();
    assert_eq!((credential.user.as_str(), credential.password.expose()), ("robot", "hunter2"));
    assert!(!format!("{recipe:?}").contains("hunter2"));
    assert_eq!((signed.registry.as_str(), signed.transport), ("self-signed.internal", Transport::Unverified));
    assert_eq!(
        lost(&recipe),
        [
            ("reqPerSec", 11, Reason::Tuning),
            ("regcert", 17, Reason::Access),
            ("schedule", 19, Reason::Schedule),
            ("parallel", 20, Reason::Tuning),
            ("ratelimit", 21, Reason::Tuning),
            ("interval", 29, Reason::Schedule),
            ("backup", 30, Reason::Backup),
            ("hooks", 35, Reason::Hook),
        ]
    );
    assert!(recipe.losses.iter().all(|loss| loss.file == "regsync.yml"));
}

#[test]
fn an_expression_with_alternatives_is_anchored_as_regsync_does_it() {
    // `^latest|edge$`, without a group.
    let recipe = parsed("regsync.yml", FILE).unwrap();
    assert_eq!(chosen(&recipe.rules[3], "latest-x my-edge my-latest"), "latest-x my-edge");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let rule =
        |line: &str| format!("version: 1\nsync:\n  - source: a\n    target: m.example.com/a\n{line}\n");
    for (text, message) in [
        ("version: 2\nsync: []\n".to_owned(), "r.yml:1:10: version 2 of regsync.yml is not supported"),
        (rule(""), "r.yml:3:5: missing key \"type\""),
        (
            rule("    type: images"),
            "r.yml:5:11: type must be image, repository or registry; found \"images\"",
        ),
        (rule("    type: repository\n    tags: {semverRange: [\"a\"]}"), "r.yml:6:26: version range \"a\""),
        (
            rule("    type: repository\n    tags: {allow: [\"(\"]}"),
            "r.yml:6:20: pattern \"^($\": unclosed group",
        ),
        (rule("    type: repository\n    platforms: linux//x"), "r.yml:6:16: \"linux//x\": cannot parse"),
        (
            "version: 1\nsync:\n  - source: '{{file \"x\"}}'\n    target: m.example.com/a\n    type: image\n"
                .to_owned(),
            "r.yml:3:13: the template {{file \"x\"}} is not supported",
        ),
        (
            "version: 1\nsync:\n  - source: '{{env \"UNSET\"}}/a'\n    target: b\n    type: image\n"
                .to_owned(),
            "r.yml:3:13: the environment variable UNSET is not set",
        ),
        (
            "version: 1\nsync:\n  - source: ocidir:///srv/x\n    target: b\n    type: image\n".to_owned(),
            "r.yml:3:13: ocidir:// as a source or a target is not supported",
        ),
        (
            "version: 1\ncreds:\n- {registry: a, user: u, pass: \"se{{cret\"}\nsync: []\n".to_owned(),
            "r.yml:3:32: the template in pass is not supported",
        ),
        ("version: 1\nsync: {}\n".to_owned(), "r.yml:2:7: sync must be a list; found a table"),
        ("version: 1\nsync:\n  - [\n".to_owned(), "r.yml:"),
        ("version: 1\nsync: []\n".to_owned(), "no file with rules"),
    ] {
        let error = refused("r.yml", &text);
        assert!(error.starts_with(message), "{text}\n{error}\n{message}");
    }
}
