use super::super::{Format, Transport};
use super::*;

const IMAGES: &str = r#"# all tags
quay.io/coreos/kube-rbac-proxy: registry.cn-hangzhou.aliyuncs.com/mirror/kube-rbac-proxy
quay.io/coreos/etcd:v3.4,v3.5: 
  - ${REGISTRY_HOST}/mirror/etcd
  - backup.example.com/mirror/etcd:old,new
nginx:1.27: backup.example.com/web/nginx:stable
busybox:/^1\.3[67]/: [backup.example.com/busybox]
redis:1.10: backup.example.com/redis
"#;

const AUTH: &str = r#"{
	"quay.io": { "username": "reader", "password": "${PASSWORD}" },
	"quay.io/coreos": { "username": "other", "password": "pa$$word" },
	"registry.internal:5000": { "insecure": true, "identityToken": "x" }
}
"#;

fn both(files: &[(&str, &str)]) -> Result<Recipe, Error> {
    let files: Vec<_> = files.iter().map(|(name, text)| SourceText { name, text }).collect();
    read(&files, &ReadOptions { to: None, env: &variable, format: None })
}

#[test]
fn two_files_are_read_in_any_order() {
    let recipe = both(&[("auth.json", AUTH), ("images.yaml", IMAGES)]).unwrap();
    assert_eq!(both(&[("images.yaml", IMAGES), ("auth.json", AUTH)]).unwrap(), recipe);
    assert_eq!(
        names(&recipe),
        [
            "quay.io/coreos/kube-rbac-proxy",
            "quay.io/coreos/etcd",
            "quay.io/coreos/etcd",
            "nginx",
            "busybox",
            "redis"
        ]
    );
    let [all, etcd, renamed, nginx, busybox, redis] = &recipe.rules[..] else { panic!() };
    assert_eq!(chosen(all, "a b"), "a b");
    assert_eq!(chosen(etcd, "v3.3 v3.4"), "v3.4 v3.5");
    assert_eq!(goes(etcd, "quay.io/coreos/etcd:v3.5"), "registry.internal:5000/mirror/etcd:v3.5");
    assert_eq!(goes(renamed, "quay.io/coreos/etcd:v3.4"), "backup.example.com/mirror/etcd:old");
    assert_eq!(goes(renamed, "quay.io/coreos/etcd:v3.5"), "backup.example.com/mirror/etcd:new");
    assert_eq!(goes(nginx, "nginx:1.27"), "backup.example.com/web/nginx:stable");
    assert_eq!(chosen(busybox, "1.36 1.37-musl 1.35 11.36"), "1.36 1.37-musl");
    assert_eq!(chosen(redis, "1.1"), "1.10");

    let [quay, coreos, internal] = &recipe.logins[..] else { panic!() };
    let password =
        |login: &super::super::Login| login.credential.as_ref().map(|it| it.password.expose().to_owned());
    assert_eq!(password(quay).as_deref(), Some("hunter2"));
    assert_eq!(password(coreos).as_deref(), Some("pa$$word"), "only a whole value is a variable");
    assert_eq!((password(internal), internal.transport), (None, Transport::PlainHttp));
    assert_eq!(lost(&recipe), [("identityToken", 4, Reason::Access)]);
}

#[test]
fn the_old_file_has_both() {
    let text = r#"{
  "auth": { "registry.example.com": { "username": "u", "password": "p" } },
  "images": { "alpine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
              "registry.example.com/alpine" },
  "default_registry": "registry.example.com"
}"#;
    let recipe = parsed("config.json", text).unwrap();
    let digest = &recipe.rules[0].tags[0].digests[0].digest;
    let image = format!("alpine@{digest}");
    assert_eq!(goes(&recipe.rules[0], &image), format!("registry.example.com/{image}"));
    assert_eq!((recipe.logins.len(), lost(&recipe)), (1, vec![("default_registry", 5, Reason::Unknown)]));
}

#[test]
fn the_longest_login_counts_and_none_is_for_another_registry() {
    let auth = r#"{
        "quay.io": { "username": "all", "password": "x" },
        "quay.io/coreos": { "username": "coreos", "password": "x" },
        "quay.io/coreos/etcd": { "username": "etcd", "password": "x" },
        "index.docker.io": { "username": "hub", "password": "x" },
        "a.example:443": { "username": "a", "password": "x" }
    }"#;
    let recipe = both(&[("auth.json", auth), ("images.yaml", IMAGES)]).unwrap();
    for (repository, user) in [
        ("quay.io/x", Some("all")),
        ("quay.io/coreos/x", Some("coreos")),
        ("quay.io/coreosx/x", Some("all")),
        ("quay.io/coreos/etcd", Some("etcd")),
        ("quay.io/coreos/etcd/x", Some("etcd")),
        ("nginx", Some("hub")),
        ("a.example/x", Some("a")),
        ("a.example:444/x", None),
        ("quay.io.example/coreos/x", None),
    ] {
        let name = repository.parse::<Reference>().unwrap().name;
        let found = recipe.login(&name).and_then(|login| login.credential.as_ref());
        assert_eq!(found.map(|credential| credential.user.as_str()), user, "{repository}");
    }
}

#[test]
fn a_source_may_list_hundreds_of_tags() {
    let tags: Vec<String> = (0..2000).map(|number| format!("1.{number}")).collect();
    for text in [
        format!("{{\"a/b:{}\": \"m.example.com/b\"}}", tags.join(",")),
        format!("a/b:{}: m.example.com/b", tags.join(",")),
    ] {
        let recipe = parsed("images.json", &text).unwrap();
        assert_eq!(recipe.rules[0].tags[0].names.len(), 2000);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, message) in [
        ("a/b:1,2: m.example.com/b:x\n", "i.yaml:1:10: m.example.com/b:x has 1 tags, and its source names 2"),
        ("a/b: m.example.com/b:x\n", "i.yaml:1:6: m.example.com/b:x has 1 tags, and its source names 0"),
        ("a/b: m.example.com/b\na/c: []\n", "i.yaml:2:6: a/c has no target"),
        ("a/b:/x: m.example.com/b\n", "i.yaml:1:1: pattern \"a/b:/x\": the last '/' is missing"),
        ("a/b:/(/: m.example.com/b\n", "i.yaml:1:1: pattern \"(\": unclosed group"),
        ("a/B: m.example.com/b\nx: y\n", "i.yaml:1:1: \"a/B\": invalid reference format"),
        ("a/b: m.example.com/${UNSET}\n", "i.yaml:1:6: the environment variable UNSET is not set"),
        ("a/b: [[x]]\n", "i.yaml:1:7: a/b must be a string; found a list"),
        ("a/b: m.example.com/b\na/b: m.example.com/c\n", "i.yaml:2:1: "),
    ] {
        let error = refused("i.yaml", text);
        assert!(error.starts_with(message), "{text}\n{error}\n{message}");
    }
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    assert_eq!(both(&[("auth.json", AUTH)]), Err(Error::NoRules));
    assert_eq!(both(&[]), Err(Error::NoRules));
    let error = both(&[("a.yaml", IMAGES), ("b.yaml", IMAGES)]).unwrap_err();
    assert_eq!(error.to_string(), "a.yaml and b.yaml do not belong together");
    let file = [SourceText { name: "a.yaml", text: IMAGES }];
    let options = ReadOptions { to: None, env: &variable, format: Some(Format::ImageSyncer) };
    assert!(read(&file, &options).is_ok());
    let options = ReadOptions { format: Some(Format::Regsync), ..options };
    assert_eq!(read(&file, &options), Err(Error::NoRules));
}
