//! The first level: manifests and configs, without a layer.

use serde_json::json;

use super::{INDEX, Lab};
use crate::files::{BASE, TOP};
use crate::support::scripted::Route;
use crate::support::{DockerRegistry, EmbeddedRegistry, Fixture, Home, Is, Layer, Proxy, missing};

fn manifests_and_blobs(lab: &Lab) -> (usize, usize) {
    (lab.registry.requests(Route::Manifest).len(), lab.registry.requests(Route::Blob).len())
}

#[test]
fn settings_and_layers_are_compared_by_four_requests() {
    let lab = Lab::new();
    let base = Layer::gzip(BASE);
    let old = json!({"Env": ["PATH=/bin", "OLD=1"], "Cmd": ["sh"], "Labels": {"version": "1"}});
    let new = json!({
        "Env": ["PATH=/usr/bin:/bin"], "Cmd": ["sh", "-c", "echo hi"], "Labels": {"version": "2"},
        "ExposedPorts": {"80/tcp": {}}, "User": "app",
    });
    lab.push("1", &old, &[base.clone(), Layer::plain(&[("a", Is::File(b"1"))])]);
    lab.push("2", &new, &[base, Layer::plain(&[("b", Is::File(&[b'2'; 3000]))])]);
    let outcome = lab.diff(&[]).ends_with(10);
    let expected = "Config
  - Env OLD              1
  ~ Env PATH             /bin → /usr/bin:/bin
  ~ Cmd                  sh → sh -c 'echo hi'
  + User                 app
  + ExposedPorts 80/tcp
  ~ Labels version       1 → 2

Layers
";
    assert!(outcome.stdout.starts_with(expected), "{}", outcome.stdout);
    for line in [
        "\n  - 2.05kB    ",
        "\n  + 4.61kB    ",
        "  step 2\n",
        " 1 shared layer\n",
        "\nA pull of the new image moves ",
    ] {
        assert!(outcome.stdout.contains(line), "{line} in {}", outcome.stdout);
    }
    assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 80), "{}", outcome.stdout);
    assert_eq!(manifests_and_blobs(&lab), (2, 2));
}

#[test]
fn two_names_of_one_image_cost_a_manifest_each() {
    let lab = Lab::of(&[Layer::plain(BASE)], &[Layer::plain(BASE)]);
    let outcome = lab.diff(&["--files"]).succeeds();
    assert!(outcome.stdout.starts_with("No difference: both are sha256:"), "{}", outcome.stdout);
    assert_eq!(lab.json(&[])["equal"], json!(true));
    assert_eq!(manifests_and_blobs(&lab), (4, 0), "of two runs");
}

#[test]
fn a_config_that_both_have_is_read_once() {
    let lab = Lab::new();
    let (gzip, zstd) = (Layer::gzip(BASE), Layer::zstd(BASE));
    lab.push("1", &json!({}), std::slice::from_ref(&gzip));
    // The same config with a layer that is packed in another way.
    let manifest = lab.home.run(["manifest", &lab.registry.at("app:1")]).succeeds().stdout;
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    manifest["layers"] = json!([zstd.descriptor]);
    let digest = lab.registry.seed_manifest("app", super::MANIFEST, manifest.to_string().into_bytes());
    lab.registry.seed_blob("app", zstd.descriptor["digest"].as_str().unwrap(), zstd.bytes.clone());
    lab.registry.tag("app", "2", &digest);
    lab.registry.forget();
    let told = lab.diff(&[]).ends_with(10).stdout;
    assert!(told.contains("(same content, packed differently) step 1"), "{told}");
    assert_eq!(manifests_and_blobs(&lab), (2, 1));
    let told = lab.diff(&["--files", "--semantic"]).succeeds().stdout;
    assert!(told.contains("Files\n0 added, 0 removed, 0 changed; "), "{told}");
}

#[test]
fn indexes_are_compared_by_their_platforms() {
    let lab = Lab::new();
    let index = |tag: &str, images: &[(&str, &str)]| {
        let manifests = images.iter().map(|(architecture, content)| {
            let layer = Layer::plain(&[("a", Is::File(content.as_bytes()))]);
            let mut image = lab.push(&format!("{tag}-{architecture}"), &json!({}), &[layer]);
            image["platform"] = json!({"os": "linux", "architecture": architecture});
            image
        });
        let index =
            json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests.collect::<Vec<_>>()});
        let digest = lab.registry.seed_manifest("app", INDEX, index.to_string().into_bytes());
        lab.registry.tag("app", tag, &digest);
    };
    index("1", &[("amd64", "a"), ("arm64", "b"), ("386", "c")]);
    index("2", &[("amd64", "a"), ("arm64", "B"), ("riscv64", "d")]);
    lab.registry.forget();
    let told = lab.diff(&["--platform=linux/amd64"]).succeeds().stdout;
    assert!(told.starts_with("Size: "), "{told}");
    let told = lab.diff(&["--platform=linux/arm64"]).ends_with(10).stdout;
    assert!(told.contains("Layers\n") && !told.contains("Platforms"), "{told}");
    lab.diff(&["--platform=linux/s390x"]).ends_with(3).complains("linux/s390x");
    let platforms = lab.json(&["--platform=linux/amd64"]);
    assert_eq!(platforms["platforms"], json!([]));
    let home = Home::fresh();
    let images = [lab.registry.at("app:1"), lab.registry.at("app:2")];
    // This machine's image may be any; its index has changed all the same.
    if std::env::consts::ARCH == "x86_64" {
        let told = home.run(["diff", &images[0], &images[1]]).ends_with(10).stdout;
        assert!(told.contains("  - linux/386 ") && told.contains("  + linux/riscv64 "), "{told}");
        assert!(told.contains("  ~ linux/arm64 ") && !told.contains("linux/amd64"), "{told}");
    }
}

#[test]
fn real_registries_get_four_requests() {
    if missing("docker-registry") || missing("skopeo") {
        return;
    }
    let (docker, own) = (DockerRegistry::open(), EmbeddedRegistry::start());
    let config =
        |version: &str| json!({"architecture": "amd64", "os": "linux", "config": {"Labels": {"v": version}}});
    let layer = Fixture::layer("a", 3000);
    for host in [docker.host(), own.host()] {
        let (proxy, home) = (Proxy::before(host), Home::fresh());
        let name = |tag: &str| format!("{}/app:{tag}", proxy.host());
        for version in ["1", "2"] {
            Fixture::with_config(config(version), std::slice::from_ref(&layer))
                .push_with_skopeo(&format!("{host}/app:{version}"), &[]);
        }
        let told = home.run(["diff", &name("1"), &name("2")]).ends_with(10).stdout;
        assert!(told.contains("Labels v  1 "), "{told}");
        let gets = proxy.requests("GET", "/app/");
        assert_eq!(gets.len(), 4, "{gets:?}");
        assert!(gets.iter().all(|get| get.response_bytes < 2000), "{gets:?}");
    }
}

#[test]
fn copies_are_equal_wherever_they_are() {
    let (fixture, home) = (Fixture::small(), Home::fresh());
    let places =
        ["store:lab.test/app:1", "oci:copy:1", "oci-archive:a.tar:1", "docker-archive:d.tar:lab.test/app:1"];
    for place in places {
        home.run(["copy", "-q", &fixture.place(), place]).succeeds();
        let outcome = home.run(["diff", "--files", &fixture.place(), place]).succeeds();
        assert!(outcome.stdout.starts_with("No difference"), "{}", outcome.stdout);
    }
}

#[test]
fn wrong_input_says_what_is_wrong() {
    let lab = Lab::of(&[Layer::plain(BASE)], &[Layer::plain(TOP)]);
    let (one, none) = (lab.registry.at("app:1"), lab.registry.at("app:none"));
    lab.home.run(["diff", &one, &none]).ends_with(3).complains("app:none");
    lab.home.run(["diff", &one]).ends_with(125);
    lab.home.run(["diff", &one, "127.0.0.1:1/x"]).ends_with(5).complains("127.0.0.1:1");
    lab.diff(&["--ignore=x"]).ends_with(125).complains("--ignore and --quick require --files");
    lab.diff(&["--quick"]).ends_with(125).complains("--quick require --files");
    lab.diff(&["/etc"]).ends_with(125).complains("PATH, --ignore");
    let long = "a/".repeat(2100);
    lab.diff(&["--files", &long]).ends_with(125).complains("PATH is longer than 4096 bytes");
    let ignore = format!("--ignore={long}");
    lab.diff(&["--files", &ignore]).ends_with(125).complains("--ignore is longer than 4096 bytes");
}

#[test]
fn no_setting_controls_the_terminal() {
    let lab = Lab::new();
    lab.push("1", &json!({"Labels": {"\u{1b}[2J": "a"}}), &[]);
    lab.push("2", &json!({"Labels": {"\u{1b}[2J": "b\u{202e}"}, "Shell": ["\u{7}"]}), &[]);
    let told = lab.diff(&[]).ends_with(10).stdout;
    assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{told}");
    assert!(told.contains(r"Labels \u{1b}[2J"), "{told}");
}

#[test]
fn an_artifact_is_compared_by_its_layers() {
    let (fixture, home) = (Fixture::artifact(), Home::fresh());
    let told = home.run(["diff", &fixture.place(), &Fixture::small().place()]).ends_with(10).stdout;
    assert!(told.contains("Layers\n") && told.contains("  + architecture"), "{told}");
}
