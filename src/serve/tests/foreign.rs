use std::fs;
use std::path::Path;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use super::tools::{command, missing};
use super::{Server, noise};
use crate::digest::Digest;
use crate::image::MediaType;

/// Writes `content` as a blob of the OCI layout and returns its descriptor.
fn add(layout: &Path, media_type: &MediaType, content: &[u8]) -> serde_json::Value {
    let digest = Digest::sha256(content);
    fs::write(layout.join("blobs/sha256").join(digest.hex()), content).unwrap();
    json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
}

/// Creates an OCI layout with an image of two layers, tagged `1`, and returns the manifest's digest.
fn make_layout(layout: &Path) -> String {
    fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for (name, length) in [("small", 10), ("large", 700_000)] {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(length as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, noise(length).as_slice()).unwrap();
        let archive = archive.into_inner().unwrap();
        diff_ids.push(Digest::sha256(&archive));
        let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut zipped, &archive).unwrap();
        layers.push(add(layout, &MediaType::OCI_LAYER_GZIP, &zipped.finish().unwrap()));
    }
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = add(layout, &MediaType::OCI_CONFIG, config.to_string().as_bytes());
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": config, "layers": layers,
    });
    let mut entry = add(layout, &MediaType::OCI_MANIFEST, manifest.to_string().as_bytes());
    let digest = entry["digest"].as_str().unwrap().to_owned();
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": "1" });
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let index = json!({ "schemaVersion": 2, "manifests": [entry] });
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
    digest
}

async fn skopeo(home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::from(command("skopeo"));
    command.args(["--insecure-policy", "--tmpdir"]).arg(home).args(arguments);
    command.env("HOME", home).env("XDG_RUNTIME_DIR", home).stdin(Stdio::null());
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn skopeo_pushes_copies_lists_inspects_deletes_and_pulls() {
    if missing("skopeo") {
        return;
    }
    let server = Server::start().await;
    let work = TempDir::new().unwrap();
    let home = work.path();
    let (from, to) = (home.join("from"), home.join("to"));
    let digest = make_layout(&from);
    let local = |path: &Path| format!("oci:{}:1", path.display());
    let remote = |name: &str| format!("docker://{}/{name}", server.address);

    let push = ["copy", "--dest-tls-verify=false", &local(&from), &remote("team/app:1")];
    skopeo(home, &push).await;
    skopeo(home, &push).await;
    let both = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false"];
    skopeo(home, &[&both[..], &[&remote("team/app:1"), &remote("other/app:2")]].concat()).await;
    let tags = skopeo(home, &["list-tags", "--tls-verify=false", &remote("other/app")]).await;
    assert!(tags.contains("\"2\""), "{tags}");
    let inspected = skopeo(home, &["inspect", "--tls-verify=false", &remote("other/app:2")]).await;
    assert!(inspected.contains(&digest), "{inspected}");

    let server = Server::start_in(server.stop().await).await;
    let remote = |name: &str| format!("docker://{}/{name}", server.address);
    skopeo(home, &["copy", "--src-tls-verify=false", &remote("other/app:2"), &local(&to)]).await;
    let names = |layout: &Path| {
        let mut names = crate::store::disk::names_in(&layout.join("blobs/sha256")).unwrap();
        names.sort();
        names
    };
    assert_eq!(names(&from), names(&to), "the same content, byte for byte");
    for name in names(&to) {
        let content = fs::read(to.join("blobs/sha256").join(&name)).unwrap();
        assert_eq!(Digest::sha256(&content).hex(), name);
    }
    skopeo(home, &["delete", "--tls-verify=false", &remote("team/app:1")]).await;
    assert_eq!(server.status("GET", "/v2/team/app/manifests/1").await, 404);
    server.stop().await;
}
