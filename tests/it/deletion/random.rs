//! Random repositories at real registries: after a prune, every kept tag is pulled whole.

use std::collections::BTreeMap;

use super::{Lab, days_ago};
use crate::support::{Kind, SEED};

at_every_registry! {
    after_any_prune_every_tag_that_stays_is_pulled_whole,
    a_prune_that_is_killed_leaves_every_tag_whole_and_is_finished_by_its_plan,
}

/// How many repositories are made.
const REPOSITORIES: usize = 6;

fn after_any_prune_every_tag_that_stays_is_pulled_whole(kind: Kind) {
    let lab = Lab::of(kind);
    let mut random = fastrand::Rng::with_seed(SEED);
    for number in 0..REPOSITORIES {
        let name = format!("random/{number}");
        let repository = lab.repository(&name);
        let mut manifests: Vec<String> = Vec::new();
        let mut tags = BTreeMap::new();
        for step in 0..14 {
            let tag = format!("t{}", random.u8(0..12));
            let tag = random.bool().then_some(tag);
            let digest = match random.u8(0..6) {
                0 | 1 if manifests.len() > 1 => {
                    let mut pick = || manifests[random.usize(0..manifests.len())].clone();
                    let (one, other) = (pick(), pick());
                    repository.index(tag.as_deref(), &[&one, &other])
                }
                2 if !manifests.is_empty() => {
                    let of: &String = &manifests[random.usize(0..manifests.len())];
                    let suffix = [".sig", ".att", ".sbom"][random.usize(0..3)];
                    repository.signature(of, suffix);
                    continue;
                }
                _ => repository.image(
                    tag.as_deref(),
                    &format!("{number}-{step}"),
                    &days_ago(random.i64(0..60)),
                ),
            };
            tags.extend(tag.map(|tag| (tag, digest.clone())));
            manifests.push(digest);
        }
        let keep = random.usize(1..4).to_string();
        let untagged = random.bool().then_some("--untagged");
        let path = format!("/{name}");
        let arguments = ["prune", "--yes", "--keep", &keep].into_iter().chain(untagged).chain([&*path]);
        lab.run(&arguments.collect::<Vec<_>>()).succeeds();
        let left = lab.tags(&name);
        let kept: Vec<_> = left.iter().filter(|tag| tag.starts_with('t')).collect();
        assert_eq!(kept.len(), tags.len().min(keep.parse().unwrap()), "{name}: {left:?}");
        for tag in kept {
            assert!(repository.has(&tags[tag]), "{name}:{tag}");
            let target = lab.home.path().join(format!("layout-{number}-{tag}"));
            lab.home
                .run([
                    "copy",
                    "-q",
                    &format!("{}/{name}:{tag}", lab.registry.host()),
                    &format!("oci:{}", target.display()),
                ])
                .succeeds();
        }
    }
}

/// How many prunes are killed.
const KILLS: u64 = 6;

fn a_prune_that_is_killed_leaves_every_tag_whole_and_is_finished_by_its_plan(kind: Kind) {
    let lab = Lab::of(kind);
    for round in 0..KILLS {
        let name = format!("killed/{round}");
        let repository = lab.repository(&name);
        let mut children = BTreeMap::new();
        for number in 0..6 {
            let images: Vec<_> = (0..3)
                .map(|image| repository.image(None, &format!("{round}-{number}-{image}"), &days_ago(number)))
                .collect();
            let tag = format!("t{number}");
            repository.index(Some(&tag), &images.iter().collect::<Vec<_>>());
            children.insert(tag, images);
        }
        let plan = format!("plan-{round}.json");
        lab.run(&["prune", "--keep", "1", "--plan-out", &plan, &format!("/{name}")]).ends_with(10);
        let started = lab.home.regcli(["prune", "--apply", &plan]).start();
        // A prune takes some 60 ms here, so some of these end in its middle.
        std::thread::sleep(std::time::Duration::from_millis(20 + 8 * round));
        started.signal(rustix::process::Signal::KILL);
        started.finish();
        for (tag, images) in &children {
            let is_whole = images.iter().all(|image| repository.has(image));
            assert!(!repository.has(tag) || is_whole, "{name}:{tag} lost an image");
        }
        lab.home.run(["prune", "--apply", &plan]).succeeds();
        assert_eq!(lab.tags(&name), ["t0"]);
        let left = children.iter().filter(|(_, images)| images.iter().any(|image| repository.has(image)));
        assert_eq!(left.map(|(tag, _)| tag.as_str()).collect::<Vec<_>>(), ["t0"], "nothing is left behind");
    }
}
