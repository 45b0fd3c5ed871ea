use super::super::Transport;
use super::*;

const FILE: &str = r#"registry.example.com:
    images:
        busybox: []
        team/redis:
            - "1.0"
            - 2.10
            - "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    images-by-tag-regex:
        nginx: ^1\.13\.[12]-alpine-perl$
    credentials:
        username: john
        password: this is a secret
    tls-verify: true
    cert-dir: /home/john/certs
quay.io:
    tls-verify: false
    images:
        coreos/etcd:
            - latest
    images-by-semver:
        prometheus/prometheus: ">= 2.40, != 2.41"
docker.io:
    images:
        alpine:
"#;

#[test]
fn images_go_below_the_destination_by_the_last_part_of_their_path() {
    let recipe = parsed_to("sync.yml", FILE, destination("mirror.internal:5000/copy", Naming::Last)).unwrap();
    assert_eq!(
        names(&recipe),
        [
            "registry.example.com/busybox",
            "registry.example.com/team/redis",
            "registry.example.com/nginx",
            "quay.io/coreos/etcd",
            "quay.io/prometheus/prometheus",
            "alpine",
        ]
    );
    let [busybox, redis, nginx, etcd, prometheus, alpine] = &recipe.rules[..] else { panic!() };
    assert_eq!(chosen(busybox, "a b"), "a b");
    assert_eq!((chosen(redis, "1.0 3.0"), redis.needs_list()), ("1.0 2.10".to_owned(), false));
    let digest = &redis.tags[0].digests[0].digest;
    assert_eq!(
        goes(redis, &format!("registry.example.com/team/redis@{digest}")),
        format!("mirror.internal:5000/copy/redis@{digest}")
    );
    assert_eq!(chosen(nginx, "1.13.1-alpine-perl 1.13.3-alpine-perl"), "1.13.1-alpine-perl");
    assert_eq!(goes(etcd, "quay.io/coreos/etcd:latest"), "mirror.internal:5000/copy/etcd:latest");
    assert_eq!(chosen(prometheus, "v2.39.0 v2.40.0 v2.41.5 v2.42.0-rc.0 v2.42.0"), "v2.40.0 v2.42.0");
    assert_eq!(goes(alpine, "alpine:3"), "mirror.internal:5000/copy/alpine:3");
    let logins: Vec<_> =
        recipe.logins.iter().map(|login| (login.registry.as_str(), login.transport)).collect();
    assert_eq!(logins, [("registry.example.com", Transport::Verified), ("quay.io", Transport::Unverified)]);
    assert_eq!(lost(&recipe), [("cert-dir", 14, Reason::Access)]);
}

#[test]
fn scoped_images_keep_their_registry_and_path() {
    let recipe = parsed_to("sync.yml", FILE, destination("mirror.internal", Naming::Scoped)).unwrap();
    assert_eq!(
        goes(&recipe.rules[1], "registry.example.com/team/redis:1.0"),
        "mirror.internal/registry.example.com/team/redis:1.0"
    );
    assert_eq!(goes(&recipe.rules[5], "alpine:3"), "mirror.internal/docker.io/library/alpine:3");
    let template = destination("mirror.internal/{namespace}-{name}", Naming::Scoped);
    let recipe = parsed_to("sync.yml", FILE, template).unwrap();
    assert_eq!(goes(&recipe.rules[5], "alpine:3"), "mirror.internal/library-alpine:3");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    assert_eq!(parsed("s.yml", FILE).unwrap_err(), Error::NoDestination { file: "s.yml".to_owned() });
    for (text, message) in [
        ("a.example:\n  images:\n    X: []\n", "s.yml:3:5: \"a.example/X\": invalid reference format"),
        ("a.example:\n  images:\n    x:1: []\n", "s.yml:3:5: a.example/x:1 has a tag"),
        ("a.example:\n  images:\n    x: [a b]\n", "s.yml:3:9: \"a b\": invalid reference format"),
        ("a.example:\n  images:\n    x: [\"sha256:1\"]\n", "s.yml:3:9: \"sha256:1\": "),
        ("a.example:\n  images-by-semver:\n    x: [1]\n", "s.yml:3:8: x must be a string; found a list"),
        ("a.example:\n  images-by-semver:\n    x: one\n", "s.yml:3:8: version range \"one\""),
        ("a.example:\n  tls-verify: maybe\n", "s.yml:2:15: tls-verify must be true or false"),
        ("a.example:\n  images: [x]\n", "s.yml:2:11: images must be a table; found a list"),
    ] {
        let error = refused("s.yml", text);
        assert!(error.starts_with(message), "{text}\n{error}\n{message}");
    }
}
