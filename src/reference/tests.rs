//! Docker itself is the reference: `references.tsv` was recorded from its command line.

use proptest::prelude::*;

use super::*;
use crate::diagnose::{Diagnose, Hint};

/// The result of `docker pull` for each input.
const RECORDED: &str = include_str!("references.tsv");

/// Docker takes this for an image without a host.
const REFUSED_ON_PURPOSE: &str = "exa_mple.com/app";

struct Row {
    input: String,
    canonical: &'static str,
    asked_for: &'static str,
    error: &'static str,
}

fn recorded() -> Vec<Row> {
    let rows = RECORDED.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let [input, canonical, asked_for, error] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns: {line}");
        };
        let input = input.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).expect("quotes");
        Row { input: input.replace(r"\n", "\n"), canonical, asked_for, error }
    })
    .collect()
}

#[test]
fn every_reference_means_what_it_means_to_docker() {
    let rows = recorded();
    assert!(rows.len() >= 79, "{} rows", rows.len());
    for Row { input, canonical, asked_for, error } in rows {
        if input == REFUSED_ON_PURPOSE {
            assert!(input.parse::<Reference>().is_err());
            continue;
        }
        match input.parse::<Reference>() {
            Ok(reference) => {
                assert_eq!(reference.clone().or_latest().to_string(), canonical, "{input:?} {error}");
                let request = format!("fromImage={} tag={}", reference.name, reference.selector());
                assert_eq!(request, asked_for, "{input:?}");
            }
            Err(own) => assert_eq!((own.to_string().as_str(), canonical), (error, ""), "{input:?}"),
        }
    }
}

#[test]
fn the_caret_stands_where_the_eye_should_go() {
    let upper = format!("foo@sha256:{}", "a".repeat(60) + "BCDE");
    let md5 = format!("foo@md5:{}", "a".repeat(32));
    let short = format!("foo@sha256:{}", "a".repeat(40));
    let long_tag = format!("foo:{}", "t".repeat(129));
    let long_path = "a".repeat(256);
    for (input, position) in [
        ("", 0),
        ("ubuntu ", 6),
        ("ubuntu latest", 6),
        (" ubuntu", 0),
        ("-foo", 0),
        ("foo-", 4),
        ("foo..bar", 4),
        ("foo___bar", 5),
        ("foo//bar", 4),
        ("foo/", 4),
        ("foo:", 4),
        ("foo:-tag", 4),
        ("foo:tag:tag", 7),
        ("foo:tag/baz", 4),
        ("foo@", 4),
        ("foo@sha256:abc", 14),
        ("app:版本", 4),
        ("Ubuntu", 0),
        ("example.com/fOo", 13),
        ("example.com:abc/app", 12),
        ("-example.com/app", 0),
        ("exa_mple.com/app", 3),
        ("user@host/app", 9),
        ("docker.io/", 10),
        ("index.docker.io/library/fo!o", 26),
        (upper.as_str(), 71),
        (md5.as_str(), 4),
        (short.as_str(), short.len()),
        (long_tag.as_str(), 132),
        (long_path.as_str(), 247),
    ] {
        let error = input.parse::<Reference>().expect_err(input);
        assert_eq!(error.position, position, "{input:?}: {error}");
        assert!(input.is_char_boundary(position), "{input:?}");
    }
}

#[test]
fn ipv6_addresses_are_hosts() {
    for (input, host, port) in [
        ("[::1]:5000/app", "::1", Some(5000)),
        ("[2001:db8::1]/app:1", "2001:db8::1", None),
        ("[fe80::1]:80/a/b", "fe80::1", Some(80)),
    ] {
        let reference: Reference = input.parse().unwrap();
        assert_eq!(reference.to_string(), input);
        assert_eq!((reference.name.registry.host(), reference.name.registry.port()), (host, port));
    }
    for input in
        ["[::1]", "::1:5000/app", "[fe80::1%eth0]:5000/app", "[::1/app", "[]/app", "[::1]x/app", "[::1]:/app"]
    {
        assert!(input.parse::<Reference>().is_err(), "{input}");
    }
}

#[test]
fn a_tag_beside_a_digest_is_kept_but_does_not_decide() {
    let digest = Digest::sha256(b"");
    let input = format!("ubuntu:22.04@{digest}");
    let reference: Reference = input.parse().unwrap();
    assert_eq!(reference.tag.as_ref().map(Tag::as_str), Some("22.04"));
    assert_eq!(reference.selector(), Selector::Digest(digest));
    assert_eq!(reference.familiar(), input);
    assert_eq!(reference.clone().or_latest(), reference);
}

#[test]
fn names_are_shown_as_docker_shows_them() {
    for (input, familiar) in [
        ("docker.io/library/ubuntu", "ubuntu"),
        ("library/ubuntu:1", "ubuntu:1"),
        ("library/a/b", "library/a/b"),
        ("docker.io/user/app", "user/app"),
        ("registry.hub.docker.com/library/ubuntu", "registry.hub.docker.com/library/ubuntu"),
        ("127.0.0.1:5000/ubuntu:1", "127.0.0.1:5000/ubuntu:1"),
    ] {
        assert_eq!(input.parse::<Reference>().unwrap().familiar(), familiar);
    }
}

#[test]
fn servers_are_named_in_many_ways() {
    for (input, name) in [
        ("https://index.docker.io/v1/", HUB),
        ("index.docker.io", HUB),
        ("registry-1.docker.io", HUB),
        ("docker.io", HUB),
        ("http://127.0.0.1:5011", "127.0.0.1:5011"),
        ("https://127.0.0.1:5011/v2/", "127.0.0.1:5011"),
        ("registry.lab.test/team/app", "registry.lab.test"),
        ("localhost", "localhost"),
        ("MyHost", "MyHost"),
        ("[::1]:5000", "[::1]:5000"),
    ] {
        let registry = Registry::from_server(input).unwrap();
        assert_eq!(registry.as_str(), name, "{input}");
        assert_eq!(registry.is_hub(), name == HUB);
    }
    for (input, position) in
        [("", 0), ("https://", 8), ("ho st", 0), ("ftp://x", 0), ("user@host", 0), ("host:port", 0)]
    {
        let error = Registry::from_server(input).expect_err(input);
        assert_eq!(
            (error.position, error.to_string().as_str()),
            (position, "invalid reference format"),
            "{input}"
        );
    }
}

#[test]
fn hosts_ports_and_loopback_are_distinguished() {
    for (server, host, port, loopback) in [
        ("localhost:5000", "localhost", Some(5000), true),
        ("LOCALHOST", "LOCALHOST", None, true),
        ("127.0.0.1", "127.0.0.1", None, true),
        ("127.9.8.7:80", "127.9.8.7", Some(80), true),
        ("[::1]:5000", "::1", Some(5000), true),
        ("[::ffff:7f00:1]", "::ffff:7f00:1", None, true),
        ("[2001:db8::1]:5000", "2001:db8::1", Some(5000), false),
        ("128.0.0.1", "128.0.0.1", None, false),
        ("localhost.example.com", "localhost.example.com", None, false),
        ("127.0.0.1.example.com", "127.0.0.1.example.com", None, false),
        ("example.com:99999", "example.com", None, false),
    ] {
        let registry = Registry::from_server(server).unwrap();
        assert_eq!((registry.host(), registry.port()), (host, port), "{server}");
        assert_eq!(registry.is_loopback(), loopback, "{server}");
    }
}

#[test]
fn a_scheme_and_upper_case_get_a_hint() {
    let hint = |input: &str| input.parse::<Reference>().unwrap_err().hint();
    assert_eq!(hint("http://127.0.0.1:5000/x"), Some(Hint::DropScheme { scheme: "http://".into() }));
    for (page, image) in [
        ("https://hub.docker.com/_/nginx", "nginx"),
        ("https://hub.docker.com/r/library/nginx", "nginx"),
        ("https://hub.docker.com/r/grafana/loki/tags?page=2", "grafana/loki"),
        ("https://quay.io/repository/prometheus/prometheus?tab=tags", "quay.io/prometheus/prometheus"),
        ("https://gallery.ecr.aws/docker/busybox", "public.ecr.aws/docker/busybox"),
        ("https://github.com/Home/app/pkgs/container/app%2Fserver", "ghcr.io/home/app/server"),
    ] {
        assert_eq!(hint(page), Some(Hint::NameImage { image: image.into() }), "{page}");
    }
    assert!(matches!(hint("https://hub.docker.com/search?q=x"), Some(Hint::DropScheme { .. })));
    assert_eq!(hint("Ubuntu:22.04"), Some(Hint::Lowercase { suggestion: "ubuntu:22.04".into() }));
    assert_eq!(hint("ubuntu latest"), None);
}

#[test]
fn parts_parse_alone() {
    assert!("library/ubuntu".parse::<RepositoryName>().is_ok());
    assert!("a".repeat(255).parse::<RepositoryName>().is_ok());
    for bad in ["", "Ubuntu", "a//b", "/a", "a/", "../etc", "a:b", &"a".repeat(256)] {
        assert!(bad.parse::<RepositoryName>().is_err(), "{bad}");
    }
    assert!("v1.0_x-Y".parse::<Tag>().is_ok());
    for bad in ["", ".a", "-a", "a b", "a/b", "版", &"t".repeat(129)] {
        assert!(bad.parse::<Tag>().is_err(), "{bad}");
    }
}

#[test]
fn the_familiar_form_never_means_another_image() {
    let id = "0123456789abcdef".repeat(4);
    for name in [
        "docker.io/localhost/app",
        "docker.io/example.com/app",
        "docker.io/docker.io/app",
        &format!("docker.io/library/{id}"),
    ] {
        let reference: Reference = name.parse().unwrap();
        assert_eq!(reference.familiar(), name);
        assert_eq!(reference.familiar().parse::<Reference>().unwrap(), reference);
    }
    assert_eq!("docker.io/library/localhost".parse::<Reference>().unwrap().familiar(), "localhost");
}

/// Generates texts from the parts of references, so that many of them are valid.
fn likely_references() -> impl Strategy<Value = String> {
    let digest = Digest::sha256(b"").to_string();
    let piece = prop_oneof![
        "[a-z0-9]{1,4}",
        "[A-Za-z0-9._-]{1,6}",
        Just("docker.io".to_owned()),
        Just("library".to_owned()),
        Just("localhost".to_owned()),
        Just("[::1]".to_owned()),
        Just("5000".to_owned()),
        Just(digest),
        "[ -~]",
        "\\PC",
    ];
    let joint = prop_oneof![Just("/"), Just(":"), Just("@"), Just("."), Just("-"), Just("_"), Just("")];
    prop::collection::vec((piece, joint), 0..7)
        .prop_map(|parts| {
            parts.into_iter().flat_map(|(piece, joint)| [piece, joint.to_owned()]).collect::<String>()
        })
        .prop_map(|text| text.trim_end_matches(['/', ':', '@', '.']).to_owned())
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let parsed = text.parse::<Reference>();
        if let Err(error) = parsed {
            // The shown text has no user name and no password, and the position is within it.
            let shown = &error.input;
            prop_assert!(error.position <= shown.len());
            prop_assert!(shown.is_char_boundary(error.position), "{:?} at {}", shown, error.position);
            let _ = error.hint();
        }
        let _ = Registry::from_server(&text);
        let _ = (text.parse::<Tag>(), text.parse::<RepositoryName>());
    }

    #[test]
    fn the_canonical_form_parses_to_the_same(text in likely_references()) {
        match text.parse::<Reference>() {
            Ok(reference) => {
                prop_assert_eq!(&reference.to_string().parse::<Reference>().unwrap(), &reference);
                prop_assert_eq!(&reference.familiar().parse::<Reference>().unwrap(), &reference);
                prop_assert!(reference.name.repository.as_str().len() <= 255);
            }
            Err(error) => {
                let shown = &error.input;
                prop_assert!(shown.is_char_boundary(error.position), "{:?} at {}", shown, error.position);
            }
        }
    }
    #[test]
    fn what_was_parsed_alone_is_displayed_as_it_was(
        tag in "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
        path in "[a-z0-9]{1,9}(([.]|_|__|-{1,3}|/)[a-z0-9]{1,9}){0,6}",
        host in "([a-zA-Z0-9]([a-zA-Z0-9-]{0,5}[a-zA-Z0-9])?[.]){0,3}[a-zA-Z0-9]{1,5}(:[0-9]{1,6})?|\\[[0-9a-fA-F:]{2,12}\\]",
    ) {
        prop_assert_eq!(tag.parse::<Tag>().unwrap().to_string(), tag);
        prop_assert_eq!(path.parse::<RepositoryName>().unwrap().to_string(), path);
        let registry = Registry::from_server(&format!("https://{host}/v2/")).unwrap();
        prop_assert!(registry.is_hub() || registry.as_str() == host);
        prop_assert_eq!(Registry::from_server(registry.as_str()).unwrap(), registry);
    }
}
