//! `inspect` and `history` of images that are not here: few requests, and no layer.

use serde_json::Value;

use crate::support::{Fixture, Home, Kind, Proxy};

/// A registry with one image, behind a proxy that counts.
struct Behind {
    _registry: crate::support::Registry,
    proxy: Proxy,
    name: String,
}

impl Behind {
    fn new(kind: Kind, fixture: &Fixture) -> Self {
        let registry = kind.open();
        let home = Home::fresh();
        home.run(["copy", "-q", &fixture.place(), &format!("{}/lab/app:1", registry.host())]).succeeds();
        let proxy = Proxy::before(registry.host());
        let name = format!("{}/lab/app:1", proxy.host());
        Self { _registry: registry, proxy, name }
    }

    /// The digests and tags that were asked for since the last time, manifests and blobs.
    fn asked(&self) -> Vec<String> {
        let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let asked = self.proxy.exchanges();
        self.proxy.forget();
        assert!(asked.iter().all(|exchange| exchange.method == "GET"), "{asked:#?}");
        asked.iter().map(|exchange| last(&exchange.path)).collect()
    }
}

/// The digest of the config of a manifest.
fn config_of(fixture: &Fixture, manifest: &str) -> String {
    let manifest: Value = serde_json::from_slice(&fixture.content(manifest)).unwrap();
    manifest["config"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_single_image_takes_its_manifest_and_its_config() {
    for kind in Kind::present() {
        let small = Fixture::small();
        let (there, home) = (Behind::new(kind, &small), Home::fresh());
        let config = small.config_digest();
        for arguments in [
            &["inspect", "-f", "{{.Id}}", &there.name][..],
            &["inspect", "--remote", "-f", "{{.Id}}", &there.name],
            &["inspect", "-f", "{{.Id}}", &format!("docker://{}", there.name)],
            &["inspect", "--platform", "linux/amd64", "-f", "{{.Id}}", &there.name],
        ] {
            home.run(arguments).succeeds().prints(&format!("{config}\n"));
            assert_eq!(there.asked(), ["1", &config], "{kind:?} {arguments:?}");
        }
        let history = home.run(["history", &there.name]).succeeds();
        assert_eq!(history.stdout.lines().count(), 3, "{history}");
        assert!(history.stdout.contains("   COPY layer1 / # buildkit   "), "{history}");
        assert_eq!(there.asked(), ["1", &config]);
        assert!(!home.store().exists(), "nothing is kept of it");
    }
}

#[test]
fn an_index_takes_one_manifest_more() {
    for kind in Kind::present() {
        let index = Fixture::multi_platform();
        let (there, home) = (Behind::new(kind, &index), Home::fresh());
        for (platform, manifest) in &index.manifests {
            let config = config_of(&index, &manifest.digest);
            let arguments =
                ["inspect", "-f", "{{.Id}} {{.Descriptor.Digest}}", "--platform", platform, &there.name];
            home.run(arguments).succeeds().prints(&format!("{config} {}\n", index.root.digest));
            assert_eq!(there.asked(), ["1", &manifest.digest, &config], "{kind:?} {platform}");
            let history = home.run(["history", "-q", "--no-trunc", "--platform", platform, &there.name]);
            history.succeeds().prints(&format!("{config}\n<missing>\n"));
            assert_eq!(there.asked(), ["1", &manifest.digest, &config]);
        }
        let nothing = home.run(["inspect", "--platform", "linux/s390x", &there.name]).ends_with(3);
        nothing.complains("no matching manifest for linux/s390x").prints("[]\n");
        assert_eq!(there.asked(), ["1"], "{kind:?}");
    }
}

#[test]
fn what_is_in_the_store_is_asked_of_nobody_unless_that_is_asked_for() {
    for kind in Kind::present() {
        let index = Fixture::multi_platform();
        let (there, home) = (Behind::new(kind, &index), Home::fresh());
        home.run(["pull", "-q", "--platform", "linux/arm64", &there.name]).succeeds();
        there.proxy.forget();
        let arm64 = config_of(&index, &index.manifests["linux/arm64/v8"].digest);
        let digest = format!("{}@{}", there.name.trim_end_matches(":1"), index.root.digest);
        for image in [&there.name, &digest, &arm64, &arm64[7..19].to_owned()] {
            home.run(["inspect", "-f", "{{.Id}}", image]).succeeds().prints(&format!("{arm64}\n"));
            home.run(["history", image]).succeeds();
        }
        let other = home.run(["inspect", "--platform", "linux/arm/v7", &there.name]).ends_with(3);
        other.complains("hint: available: linux/arm64/v8 (choose with --platform)");
        assert!(there.asked().is_empty(), "{kind:?}");

        let amd64 = config_of(&index, &index.manifests["linux/amd64"].digest);
        let remote = ["inspect", "--remote", "--platform", "linux/amd64", "-f", "{{.Id}}", &there.name];
        home.run(remote).succeeds().prints(&format!("{amd64}\n"));
        assert_eq!(there.asked().last(), Some(&amd64));
    }
}

#[test]
fn what_is_nowhere_is_told_in_dockers_words_with_the_tags_that_there_are() {
    for kind in Kind::present() {
        let small = Fixture::small();
        let (there, home) = (Behind::new(kind, &small), Home::fresh());
        let nosuch = there.name.replace(":1", ":nosuch");
        let outcome = home.run(["inspect", &nosuch]).ends_with(3).prints("[]\n");
        outcome
            .complains(&format!("error: No such object: {nosuch}\n  caused by: No such image: {nosuch}\n"))
            .complains(&format!("  caused by: manifest for {nosuch} not found: "));
        assert_eq!(there.asked(), ["nosuch", "list?n=1000"], "{kind:?}");
        let outcome = home.run(["history", &nosuch]).ends_with(3).prints("");
        outcome.complains(&format!("error: No such image: {nosuch}\n"));
        assert_eq!(there.asked(), ["nosuch", "list?n=1000"]);
        let outcome = home.run(["inspect", "--remote", &nosuch]).ends_with(3);
        outcome.complains(&format!("error: manifest for {nosuch} not found: "));
        there.asked();

        let found = home.run(["inspect", "-f", "{{.Id}}", &nosuch, &there.name]).ends_with(1);
        found.prints(&format!("{}\n", small.config_digest())).complains("No such object: ");
    }
}

#[test]
fn images_in_layouts_and_of_other_tools_are_looked_at_too() {
    let (home, index) = (Home::fresh(), Fixture::multi_platform());
    for (platform, manifest) in &index.manifests {
        let config = config_of(&index, &manifest.digest);
        let arguments = ["inspect", "-f", "{{.Id}} {{.RepoTags}}", "--platform", platform, &index.place()];
        home.run(arguments).succeeds().prints(&format!("{config} []\n"));
        let history = home.run(["history", "-q", "--no-trunc", "--platform", platform, &index.place()]);
        history.succeeds().prints(&format!("{config}\n<missing>\n"));
    }
}
