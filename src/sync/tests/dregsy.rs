use super::super::{Origin, Transport};
use super::*;

/// `{"username": "alex", "password": "s3cret"}` and another password.
const FILE: &str = r#"relay: skopeo
skopeo:
  binary: skopeo
watch: true
tasks:
  - name: task1
    interval: 60
    verbose: true
    source:
      registry: source.example.com
      auth: eyJ1c2VybmFtZSI6ICJhbGV4IiwgInBhc3N3b3JkIjogInMzY3JldCJ9
    target:
      registry: dest.example.com:5000
      auth: none
      skip-tls-verify: true
    mappings:
      - from: test/image
        to: archive/test/image
        tags: ['0.1.0', 0.10, 'semver: >=1.31.0 <1.31.9', 'regex: 1\.26\.[0-9]-(glibc|musl)']
        platform: linux/arm64
      - from: test/another-image
      - from: regex:team/.*
        to: copies
        tags:
          - 'regex: !.*-dev'
          - 'keep: [v0-9.]+'
          - 'keep: latest 2'
      - from: regex:^old/.*$
        to: regex:^/old/(.*)$,/new/$1
        platform: all
      - from: old/one
        to: regex:/old/,/new/
        tags: ['stable@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']
"#;

#[test]
fn a_file_is_read_with_the_meaning_that_it_has_for_dregsy() {
    let recipe = parsed("dregsy.yaml", FILE).unwrap();
    let [image, another, team, old, one] = &recipe.rules[..] else { panic!() };
    assert_eq!(
        chosen(
            image,
            "0.1.0 1.31.0 1.31 1.31-alpine v1.31.2 1.31.9-rc1 1.31.9 1.26.1-musl 1.26.1-musl-x latest"
        ),
        "0.1.0 1.31.0 1.31 v1.31.2 1.31.9-rc1 1.26.1-musl 0.10"
    );
    assert_eq!(
        goes(image, "source.example.com/test/image:0.1.0"),
        "dest.example.com:5000/archive/test/image:0.1.0"
    );
    assert_eq!(image.platforms.len(), 1);
    assert_eq!(chosen(another, "a b"), "a b");
    assert_eq!(
        goes(another, "source.example.com/test/another-image:a"),
        "dest.example.com:5000/test/another-image:a"
    );

    assert!(matches!(&team.source, Origin::Registry { below: None, .. }));
    let keeps = |path: &str| team.source.keeps(&path.parse().unwrap());
    assert!(keeps("team/app") && !keeps("my/team/app"));
    assert_eq!(chosen(team, "1.1 1.2 1.3 1.4-dev v2 x"), "1.3 v2");
    assert_eq!(goes(team, "source.example.com/team/app:v2"), "dest.example.com:5000/copies/team/app:v2");

    assert_eq!(goes(old, "source.example.com/old/a/b:1"), "dest.example.com:5000/new/a/b:1");
    assert!(old.platforms.is_empty());
    let pinned = &one.tags[0].digests[0];
    assert_eq!(pinned.tag.as_ref().unwrap().as_str(), "stable");
    assert_eq!(goes(one, "source.example.com/old/one:stable"), "dest.example.com:5000/new/one:stable");
}

#[test]
fn logins_are_read_and_what_has_no_effect_is_named() {
    let recipe = parsed("dregsy.yaml", FILE).unwrap();
    let [source, target] = &recipe.logins[..] else { panic!("{:?}", recipe.logins) };
    let credential = source.credential.as_ref().unwrap();
    assert_eq!((credential.user.as_str(), credential.password.expose()), ("alex", "s3cret"));
    assert_eq!(
        (target.registry.as_str(), target.transport),
        ("dest.example.com:5000", Transport::Unverified)
    );
    assert_eq!(
        lost(&recipe),
        [
            ("relay", 1, Reason::Program),
            ("skopeo", 2, Reason::Program),
            ("watch", 4, Reason::Schedule),
            ("interval", 7, Reason::Schedule),
            ("verbose", 8, Reason::Program),
        ]
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_without_secrets() {
    let task = |mapping: &str| {
        format!(
            "tasks:\n- source: {{registry: a.example}}\n  target: {{registry: b.example}}\n  mappings:\n  - {mapping}\n"
        )
    };
    for (text, message) in [
        ("tasks:\n- source: {registry: a.example}\n".to_owned(), "d.yaml:2:3: missing key \"target\""),
        (
            "tasks:\n- source: {registry: a.example, auth: c2VjcmV0}\n".to_owned(),
            "d.yaml:2:39: auth must be none, or {\"username\": …, \"password\": …} in Base64; found \"…\"",
        ),
        (task("to: x"), "d.yaml:5:5: missing key \"from\""),
        (task("from: 'regex:('"), "d.yaml:5:11: pattern \"^($\": unclosed group"),
        (task("{from: x, to: 'regex:a'}"), "d.yaml:5:19: pattern \"a\": the replacement is missing"),
        (task("{from: x, tags: ['keep: latest x']}"), "d.yaml:5:22: keep must be an expression"),
        (task("{from: x, tags: ['semver: one']}"), "d.yaml:5:22: version range \"one\""),
        (task("{from: x, tags: ['a b']}"), "d.yaml:5:22: \"a b\": invalid reference format"),
        (task("{from: x:1}"), "d.yaml:5:12: a.example/x:1 has a tag"),
        (task("{from: x, to: X}"), "d.yaml:5:19: target \"b.example/X\""),
        (task("{from: x, platform: a/b/c/d}"), "d.yaml:5:25: \"a/b/c/d\": cannot parse"),
    ] {
        let error = refused("d.yaml", &text);
        assert!(error.starts_with(message), "{text}\n{error}\n{message}");
    }
}
