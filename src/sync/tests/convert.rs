//! What is written is read back.

use proptest::prelude::*;

use super::super::{
    Filter, Newest, Order, Origin, Pattern, Pinned, Prereleases, Range, Referrers, Rewrite, Root, TagSet,
    Template,
};
use super::*;
use crate::digest::Digest;

#[track_caller]
fn assert_reads_back(rules: &[Rule]) {
    let recipe = Recipe { rules: rules.to_vec(), ..Recipe::default() };
    let text = recipe.to_toml();
    let again = parsed("x.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(again.rules, rules, "{text}");
}

fn tag() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}".prop_map(|tag| tag.parse().unwrap())
}

fn patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let glob = r#"[a-z0-9.*?'"\\é \t-]{1,8}"#.prop_map(|text| Pattern::glob(&text).unwrap());
    let regex = r#"\^?[a-z0-9.'"é/-]{1,8}(\\d\+|\\\.)?\$?"#.prop_map(|text| Pattern::regex(&text).unwrap());
    (prop::collection::vec(glob, 0..3), prop::collection::vec(regex, 0..3))
        .prop_map(|(globs, regexes)| [globs, regexes].concat())
}

fn range() -> impl Strategy<Value = Range> {
    prop::sample::select(vec![">=1.2 <2", "^1.2 || ~3.4", "1.x", "1.2 - 1.4", "!=1.3.0-rc1", "*"])
        .prop_map(|text| Range::parse(text).unwrap())
}

fn tag_set() -> impl Strategy<Value = TagSet> {
    let pinned = (prop::option::of(tag()), any::<u8>())
        .prop_map(|(tag, byte)| Pinned { digest: Digest::sha256(&[byte]), tag });
    let newest = (1_usize..100, any::<bool>()).prop_map(|(count, is_date)| Newest {
        count: count.try_into().unwrap(),
        by: if is_date { Order::Date } else { Order::Semver },
    });
    let lists = (
        prop::collection::vec(tag(), 0..30),
        prop::collection::vec(pinned, 0..3),
        patterns(),
        prop::collection::vec(range(), 0..3),
    );
    (lists, any::<bool>(), patterns(), prop::option::of(newest)).prop_map(
        |((names, digests, patterns, semver), is_all, exclude, newest)| TagSet {
            names,
            digests,
            patterns,
            semver,
            prereleases: if is_all { Prereleases::All } else { Prereleases::Named },
            exclude,
            newest,
        },
    )
}

fn origin() -> impl Strategy<Value = Origin> {
    let repository = prop::sample::select(vec![
        "nginx",
        "my.app/x",
        "docker.io/library/my.app",
        "localhost:5000/a",
        "quay.io/a/b/c",
    ])
    .prop_map(|text| Origin::Repository(text.parse::<Reference>().unwrap().name));
    let filter = (prop::collection::vec("[a-z]{1,5}(/[a-z]{1,5})?", 0..3), patterns(), patterns())
        .prop_map(|(names, patterns, exclude)| Filter { names, patterns, exclude });
    let registry = prop::sample::select(vec![
        "registry.example.com",
        "docker.io",
        "localhost:5000",
        "host:5000",
        "[::1]:5000",
    ]);
    let registry = (registry, prop::option::of("[a-z]{1,5}(/[a-z]{1,5})?"), filter).prop_map(
        |(registry, below, mut repositories): (_, Option<String>, Filter)| {
            if let Some(path) = &below {
                repositories.names.iter_mut().for_each(|name| *name = format!("{path}/{name}"));
            }
            Origin::Registry {
                registry: super::super::super::reference::Registry::from_server(registry).unwrap(),
                below: below.map(|path| path.parse().unwrap()),
                repositories,
            }
        },
    );
    prop_oneof![repository, registry]
}

fn rule() -> impl Strategy<Value = Rule> {
    let targets = prop::sample::select(vec![
        "mirror.example.com",
        "mirror.example.com/x",
        "mirror.example.com/x:stable",
        "mirror.example.com/{registry}/{repository}",
        "localhost:5000/all:{name}-{tag}",
        "mirror:5000/",
    ]);
    let sets = || prop::collection::vec(tag_set(), 0..3);
    let platforms = prop::collection::vec(
        prop::sample::select(vec!["linux/amd64", "linux/arm/v7", "windows/amd64"]),
        0..3,
    );
    let rename = prop::collection::btree_map(tag(), tag(), 0..3);
    let rewrite = prop::option::of(("[a-z/'\"]{1,5}", "[a-z$1{}']{0,5}", any::<bool>()));
    (
        origin(),
        prop::collection::vec(targets, 1..3),
        (sets(), sets()),
        platforms,
        rename,
        rewrite,
        any::<bool>(),
    )
        .prop_map(|(origin, targets, (tags, keep), platforms, rename, rewrite, has_referrers)| {
            let targets =
                targets.iter().map(|target| Template::for_source(target, &origin).unwrap()).collect();
            Rule {
                tags,
                keep,
                rename,
                rewrite: rewrite.map(|(expression, with, is_rooted)| {
                    let root = if is_rooted { Root::Slash } else { Root::Bare };
                    Rewrite::new(&expression, &with, root).unwrap()
                }),
                platforms: platforms.iter().map(|platform| platform.parse().unwrap()).collect(),
                referrers: if has_referrers { Referrers::Carry } else { Referrers::Leave },
                ..Rule::new(origin, targets)
            }
        })
}

proptest! {
    #[test]
    fn every_recipe_is_read_back_as_it_was(rules in prop::collection::vec(rule(), 1..4)) {
        assert_reads_back(&rules);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "[\\[\\]{}a-z:=\"'#&*<>\\n -]{0,60}", keyed in any::<bool>()) {
        let text = if keyed { format!("sync:\n{text}") } else { text };
        for name in ["x.toml", "x.yaml", "x.txt", "-"] {
            let _ = parsed_to(name, &text, destination("mirror.example.com", Naming::Last));
        }
    }
}

#[test]
fn what_other_formats_say_is_read_back_too() {
    let files = [
        (
            "r.yml",
            "version: 1\nsync:\n- {source: a, target: m.example/a, type: repository, tags: {allow: ['\\d+'], semverRange: ['>1']}}\n",
        ),
        ("i.yaml", "a/b:1,2: [m.example/b, 'm.example/c:3,4']\n"),
        ("s.yml", "quay.io:\n  images: {a: ['1.0'], b: []}\n  images-by-tag-regex: {c: \"it's\"}\n"),
        (
            "d.yaml",
            "tasks:\n- source: {registry: a.example}\n  target: {registry: b.example}\n  mappings:\n  - {from: 'regex:x/.*', to: 'regex:/x/(.*),/y/$1', tags: ['keep: latest 3', 'regex: !a']}\n",
        ),
        ("l.txt", "nginx\n--platform=arm64 redis:7\n"),
    ];
    for (name, text) in files {
        let recipe = parsed_to(name, text, destination("mirror.example.com", Naming::Last)).unwrap();
        assert_reads_back(&recipe.rules);
    }
}

#[test]
fn credentials_are_not_written() {
    let text = "quay.io:\n  images: {a: []}\n  credentials: {username: u, password: hunter2}\n";
    let recipe = parsed_to("s.yml", text, destination("mirror.example.com", Naming::Last)).unwrap();
    assert_eq!(recipe.logins.len(), 1);
    assert_eq!(
        recipe.to_toml(),
        "[[sync]]\nsource = \"quay.io/a\"\ntarget = \"mirror.example.com/{name}\"\n"
    );
}
