use super::super::{Origin, Prereleases, Referrers, Root};
use super::*;

const FILE: &str = r#"
# the mirror of our cluster
[defaults]
target = "mirror.internal:5000/{registry}/{repository}"
tags = { exclude = ["*-rc*", "*-beta*"], newest = 3 }
platforms = ["linux/amd64", "arm64"]

[[sync]]
source = "nginx"
tags = { names = "stable", semver = ">=1.25", newest = 2 }

[[sync]]
source = "quay.io/prometheus/prometheus"
target = ["mirror.internal:5000/monitoring/prometheus", "backup.internal/prometheus:{tag}-copy"]
tags = [{ glob = "v2.*" }, { regex = '^v3\.\d+\.0$', prereleases = true }]
keep = { newest = 2 }
rename = { "v3.0.0" = "v3" }
referrers = true
platforms = []

[[sync]]
source = "registry.example.com/team/"
target = "mirror.internal:5000/team"
repositories = { glob = ["team/*"], exclude = "team/old-*" }
rewrite = { regex = "^team/", with = "" }
tags = "latest"

[[sync]]
source = "ghcr.io/org/tool:1.2"
target = "mirror.internal:5000/"
"#;

#[test]
fn a_file_is_read_with_its_defaults() {
    let recipe = parsed("sync.toml", FILE).unwrap();
    assert_eq!(
        names(&recipe),
        ["nginx", "quay.io/prometheus/prometheus", "registry.example.com/team/", "ghcr.io/org/tool"]
    );
    let [nginx, prometheus, team, tool] = &recipe.rules[..] else { panic!() };
    // `exclude` is inherited, `newest` is the rule's own.
    assert_eq!(chosen(nginx, "1.24 1.25 1.26 1.27 1.28-rc1 stable mainline"), "1.26 1.27 stable");
    assert_eq!(goes(nginx, "nginx:1.27"), "mirror.internal:5000/docker.io/library/nginx:1.27");
    assert_eq!(
        nginx.platforms.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["linux/amd64", "linux/arm64"]
    );
    assert_eq!(nginx.referrers, Referrers::Leave);

    // A list of tables replaces the default.
    assert_eq!(prometheus.tags.len(), 2);
    assert_eq!(prometheus.tags[1].prereleases, Prereleases::All);
    assert_eq!(chosen(prometheus, "v2.1 v2.2-rc1 v3.0.0 v3.1.0 v3.1.1"), "v3.0.0 v3.1.0");
    assert_eq!(
        goes(prometheus, "quay.io/prometheus/prometheus:v3.0.0"),
        "mirror.internal:5000/monitoring/prometheus:v3 backup.internal/prometheus:v3-copy"
    );
    assert_eq!((prometheus.referrers, prometheus.platforms.len()), (Referrers::Carry, 0));

    let keeps = |path: &str| team.source.keeps(&path.parse().unwrap());
    assert!(keeps("team/app") && !keeps("team/old-app") && !keeps("team/a/b") && !keeps("other/app"));
    assert!(!team.needs_list(), "only `latest`");
    assert_eq!(goes(team, "registry.example.com/team/app:latest"), "mirror.internal:5000/team/app:latest");

    assert_eq!((chosen(tool, "1.1 1.2"), tool.needs_list()), ("1.2".to_owned(), false));
    assert_eq!(goes(tool, "ghcr.io/org/tool:1.2"), "mirror.internal:5000/org/tool:1.2");
}

#[test]
fn the_repositories_of_a_registry_need_no_catalog_if_they_are_named() {
    let text = "[[sync]]\nsource = \"r.example.com/\"\ntarget = \"m.example.com\"\n\
                repositories = { names = [\"a\", \"b/c\", \"d\"], exclude = \"d\" }\n";
    let rule = parsed("x.toml", text).unwrap().rules.remove(0);
    let named = rule.source.named().unwrap();
    assert_eq!(
        named.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["r.example.com/a", "r.example.com/b/c"]
    );
    assert!(matches!(rule.source, Origin::Registry { .. }));
}

const RULE: &str = "[[sync]]\nsource = \"nginx\"\ntarget = \"m.example.com\"\n";

/// Compares the messages for texts with those expected.
#[track_caller]
fn assert_refused(cases: &[(String, &str)]) {
    for (text, message) in cases {
        let error = refused("x.toml", text);
        assert!(error.starts_with(message), "{text}\n{error}\n{message}");
    }
}

#[test]
fn what_is_wrong_is_said_with_line_column_and_what_is_allowed() {
    let rule = RULE;
    assert_refused(&[
        ("[[sync]\n".to_owned(), "x.toml:1:8: "),
        (
            "[[sync]]\nsource = 1\ntarget = \"a\"\n".to_owned(),
            "x.toml:2:10: source must be a string; found a number",
        ),
        ("[[sync]]\nsource = \"nginx\"\n".to_owned(), "x.toml:1:1: missing key \"target\""),
        ("[[sync]]\ntarget = \"a\"\n".to_owned(), "x.toml:1:1: missing key \"source\""),
        ("[sync]\nsource = \"nginx\"\n".to_owned(), "x.toml:1:1: sync must be a list; found a table"),
        (
            "[default]\n".to_owned(),
            "x.toml:1:2: unknown key \"default\", did you mean \"defaults\"?; expected one of: defaults, sync",
        ),
        (format!("{rule}tag = \"1\"\n"), "x.toml:4:1: unknown key \"tag\", did you mean \"tags\"?"),
        (
            format!("{rule}tags = {{ globs = \"1\" }}\n"),
            "x.toml:4:10: unknown key \"globs\", did you mean \"glob\"?",
        ),
        (
            format!("{rule}zzzzzzzz = 1\n"),
            "x.toml:4:1: unknown key \"zzzzzzzz\"; expected one of: source, target",
        ),
        (
            "[[sync]]\nsource = \"nginx:1\"\ntarget = \"m.example.com\"\ntags = \"2\"\n".to_owned(),
            "x.toml:4:8: nginx:1 has a tag or a digest",
        ),
        (
            "[[sync]]\nsource = \"nginx\"\ntarget = \"m.example.com/{nam}\"\n".to_owned(),
            "x.toml:3:10: target \"m.example.com/{nam}\": unknown placeholder {nam}",
        ),
        (
            format!("{rule}repositories = {{ glob = \"a*\" }}\n"),
            "x.toml:4:16: docker.io/library/nginx is one repository",
        ),
        ("# nothing\n".to_owned(), "no file with rules"),
    ]);
}

#[test]
fn a_wrong_value_of_a_rule_is_said_with_its_place() {
    let rule = RULE;
    assert_refused(&[
        (format!("{rule}tags = \"v1.*\"\n"), "x.toml:4:8: \"v1.*\": invalid reference format"),
        (format!("{rule}tags = 1\n"), "x.toml:4:8: tags must be a table such as"),
        (format!("{rule}tags = [{{}}, \"a\"]\n"), "x.toml:4:13: tags must be a list of tables"),
        (format!("{rule}tags = {{ glob = \"a[\" }}\n"), "x.toml:4:17: pattern \"a[\": '[' without ']'"),
        (format!("{rule}tags = {{ regex = \"a(\" }}\n"), "x.toml:4:18: pattern \"a(\": unclosed group"),
        (
            format!("{rule}tags = {{ semver = [\"^1\", \">=x.y\"] }}\n"),
            "x.toml:4:26: version range \">=x.y\": \"x.y\" is not",
        ),
        (
            format!("{rule}tags = {{ newest = 0 }}\n"),
            "x.toml:4:19: newest must be a whole number of at least 1",
        ),
        (
            format!("{rule}tags = {{ newest = 1, by = \"age\" }}\n"),
            "x.toml:4:27: by must be \"semver\" or \"date\"",
        ),
        (format!("{rule}tags = {{ by = \"date\" }}\n"), "x.toml:4:15: by needs newest"),
        (format!("{rule}tags = {{ digests = \"sha256:12\" }}\n"), "x.toml:4:20: \"sha256:12\": "),
        (
            format!("{rule}platforms = [\"linux/amd64\", \"a/b/c/d\"]\n"),
            "x.toml:4:29: \"a/b/c/d\": cannot parse",
        ),
        (format!("{rule}rewrite = {{ regex = \"a\" }}\n"), "x.toml:4:11: missing key \"with\""),
        (format!("{rule}rename = {{ \"a b\" = \"c\" }}\n"), "x.toml:4:12: \"a b\": invalid reference format"),
        (
            format!("{rule}referrers = \"yes\"\n"),
            "x.toml:4:13: referrers must be true or false; found a string",
        ),
    ]);
}

#[test]
fn a_rewrite_of_the_defaults_is_replaced_as_a_whole() {
    let text = format!(
        "[defaults]\nrewrite = {{ regex = \"x\", with = \"y\", slash = true }}\n{RULE}{RULE}\
         rewrite = {{ regex = \"a\", with = \"b\" }}\n"
    );
    let recipe = parsed("x.toml", &text).unwrap();
    let roots: Vec<_> = recipe.rules.iter().map(|rule| rule.rewrite.as_ref().unwrap().root()).collect();
    assert_eq!(roots, [Root::Slash, Root::Bare]);
}

#[test]
fn a_named_repository_has_to_be_below_the_path_of_the_source() {
    let rule = "[[sync]]\nsource = \"r.example.com/team/\"\ntarget = \"m.example.com\"\n";
    assert_refused(&[
        (
            format!("{rule}repositories = {{ names = [\"team/a\", \"b\"] }}\n"),
            "x.toml:4:37: b is not below team/",
        ),
        (
            format!("{rule}repositories = {{ names = \"team/A\" }}\n"),
            "x.toml:4:26: \"team/A\": invalid reference",
        ),
    ]);
}

#[test]
fn columns_count_characters() {
    let error = refused(
        "x.toml",
        "[[sync]]\nsource = \"nginx\"\ntarget = [\"ä.example.com/é\", \"m.example.com\"]\n",
    );
    assert!(error.starts_with("x.toml:3:11: target \"ä.example.com/é\""), "{error}");
    let error = refused(
        "x.toml",
        "[[sync]]\nsource = \"nginx\"\ntags = { glob = \"é\", newest = -1 }\ntarget = \"m.example\"\n",
    );
    assert!(error.starts_with("x.toml:3:31: newest"), "{error}");
}

#[test]
fn files_and_patterns_have_limits() {
    let error = parsed("x.toml", &" ".repeat(super::super::FILE_LIMIT + 1)).unwrap_err();
    assert_eq!(error, Error::TooLarge { file: "x.toml".to_owned() });
    let rule = "[[sync]]\nsource = \"a/b\"\ntarget = \"m.example.com\"\n";
    let error = refused("x.toml", &rule.repeat(super::super::RULES_LIMIT + 1));
    assert!(error.ends_with("more than 10000 rules"), "{error}");
    let names = "\"a\", ".repeat(100_000);
    let defaults = format!("[defaults]\ntags = {{ names = [{names}] }}\n");
    assert!(parsed("x.toml", &format!("{defaults}{}", rule.repeat(9))).is_ok());
    let error = refused("x.toml", &format!("{defaults}{}", rule.repeat(10)));
    assert!(error.contains("defaults of 100002 values are too large for 10 rules"), "{error}");
    let error = refused("x.toml", &format!("{rule}tags = {{ regex = '\\w{{1000}}{{1000}}' }}\n"));
    assert!(error.contains("size limit"), "{error}");
}
