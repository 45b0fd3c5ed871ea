//! `inspect`: transcript 09, and what docker 28 says that is not recorded there.

use serde_json::json;

use crate::support::{Fixture, Home};

use super::{Recording, keep};

/// The image of the recording, as far as its config goes.
fn base() -> Fixture {
    let config = json!({
        "architecture": "amd64", "os": "linux", "created": "2026-11-21T20:39:01.15344107Z",
        "docker_version": "20.10.24+dfsg1",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["/bin/sh"],
            "Image": "sha256:c5cbcec728d2cf4190bef0f7948f82082142e3bdd0c32e3206d58979001ecdaa",
            "Labels": {"tier": "base", "maintainer": "demo"},
        },
        "rootfs": {"type": "layers", "diff_ids": [
            "sha256:5ccefa13124990a1aa29dc6cec38ede18004843bfd280073c6badf9ff2ee041f",
            "sha256:a127000abac9cf13c0f82a39a198c23d9c86b62c4228fa3edf7acbf9023625c1",
        ]},
    });
    Fixture::with_config(config, &[vec![7; 3_500_000], vec![7; 300]])
}

/// The image under the names of the recording.
fn kept() -> (Home, Recording) {
    let (home, image) = (Home::fresh(), base());
    for name in ["ubuntu:latest", "byid:1", "127.0.0.1:5010/ubuntu:latest", "lab/base:1"] {
        keep(&home, &image, name);
    }
    let size = 3_500_300 + image.content(&image.config_digest()).len();
    let recording = Recording::at(&home)
        .with(image.config_digest(), "ID")
        .with(&image.root.digest, "DIGEST")
        .with(format!("\"Size\": {size}"), "\"Size\": 3500300")
        .with(format!("\"size\": {}", image.root.size), "\"size\": MANIFEST");
    (home, recording)
}

/// The recording, without what only a Docker Engine has.
const WHOLE: &str = r#"
[
    {
        "Id": "ID",
        "RepoTags": [
            "127.0.0.1:5010/ubuntu:latest",
            "lab/base:1",
            "byid:1",
            "ubuntu:latest"
        ],
        "RepoDigests": [
            "127.0.0.1:5010/ubuntu@DIGEST",
            "lab/base@DIGEST",
            "byid@DIGEST",
            "ubuntu@DIGEST"
        ],
        "Parent": "",
        "Comment": "",
        "Created": "2026-11-21T20:39:01.15344107Z",
        "DockerVersion": "20.10.24+dfsg1",
        "Author": "",
        "Config": {
            "Hostname": "",
            "Domainname": "",
            "User": "",
            "AttachStdin": false,
            "AttachStdout": false,
            "AttachStderr": false,
            "Tty": false,
            "OpenStdin": false,
            "StdinOnce": false,
            "Env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            ],
            "Cmd": [
                "/bin/sh"
            ],
            "Image": "sha256:c5cbcec728d2cf4190bef0f7948f82082142e3bdd0c32e3206d58979001ecdaa",
            "Volumes": null,
            "WorkingDir": "",
            "Entrypoint": null,
            "OnBuild": null,
            "Labels": {
                "maintainer": "demo",
                "tier": "base"
            }
        },
        "Architecture": "amd64",
        "Os": "linux",
        "Size": 3500300,
        "RootFS": {
            "Type": "layers",
            "Layers": [
                "sha256:5ccefa13124990a1aa29dc6cec38ede18004843bfd280073c6badf9ff2ee041f",
                "sha256:a127000abac9cf13c0f82a39a198c23d9c86b62c4228fa3edf7acbf9023625c1"
            ]
        },
        "Metadata": {
            "LastTagTime": "0001-01-01T00:00:00Z"
        },
        "Descriptor": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": "DIGEST",
            "size": MANIFEST
        }
    }
]"#;

#[test]
fn transcript_09_the_whole_image() {
    let (home, recording) = kept();
    let expected: String = WHOLE.trim_start().lines().map(|line| format!("out| {line}\n")).collect();
    for arguments in
        [&["inspect", "lab/base:1"][..], &["image", "inspect", "byid:1"], &["inspect", "store:ubuntu"]]
    {
        recording.check(&home.run(arguments), &format!("{expected}exit 0"));
    }
}

#[test]
fn transcript_09_formats() {
    let (home, recording) = kept();
    let check = |template: &str, expected: &str| {
        recording.check(&home.run(["inspect", "-f", template, "lab/base:1"]), expected);
    };
    check(
        "{{.Id}} {{json .RepoTags}}",
        r#"out| ID ["127.0.0.1:5010/ubuntu:latest","lab/base:1","byid:1","ubuntu:latest"]
           exit 0"#,
    );
    check("{{.Os}}/{{.Architecture}} {{.Config.Labels.tier}}", "out| linux/amd64 base\nexit 0");
    check("{{.Config.Labels.nope}}{{.Config.ExposedPorts}}{{.Variant}}", "out| <no value>map[]\nexit 0");
    check(
        "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}",
        "out| maintainer=demo tier=base \nexit 0",
    );
    check(
        "{{.Nope}}",
        "err| error: template parsing error: template: :1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\"
         exit 125",
    );
    check("{{.Id", "err| error: template parsing error: template: :1: unclosed action\nexit 125");
    let line = home.run(["inspect", "--format", "json", "lab/base:1", "byid:1"]).succeeds();
    assert_eq!(line.stdout.lines().count(), 1, "{line}");
    let several: serde_json::Value = serde_json::from_str(&line.stdout).unwrap();
    assert_eq!((several.as_array().unwrap().len(), &several[0]), (2, &several[1]));
    recording.check(
        &home.run(["inspect", "-s", "--type", "image", "-f", "{{.Size}} {{len .RootFS.Layers}}", "ubuntu"]),
        &format!("out| {} 2\nerr| WARNING: --size ignored for image\nexit 0", size(&home)),
    );
}

fn size(home: &Home) -> String {
    home.run(["inspect", "-f", "{{.Size}}", "ubuntu"]).succeeds().last_line().to_owned()
}

#[test]
fn transcript_09_images_that_there_are_not() {
    let (home, recording) = kept();
    let missing = |name: &str| {
        format!(
            "err| error: No such object: {name}
             err|   caused by: No such image: {name}:latest
             err|
             err| hint: list the images of the store: regcli images"
        )
    };
    // An ID is no name: nothing is asked of a registry.
    let (one, other) = ("7688e3a7fe60", "1d5b3740031f");
    recording.check(&home.run(["inspect", one]), &format!("out| []\n{}\nexit 3", missing(one)));
    recording.check(&home.run(["inspect", "-f", "json", one]), &format!("out| []\n{}\nexit 3", missing(one)));
    recording.check(
        &home.run(["inspect", "-f", "{{.Id}}", one, other]),
        &format!("out|\n{}\n{}\nexit 3", missing(one), missing(other)),
    );
    recording.check(
        &home.run(["inspect", one, "lab/base:1", other, "-f", "{{.Id}}"]),
        &format!("out| ID\n{}\n{}\nexit 1", missing(one), missing(other)),
    );
    recording.check(
        &home.run(["inspect", "--remote", one]),
        &format!("err| error: --remote requires the name of an image, not {one}\nexit 125"),
    );
    recording.check(
        &home.run(["inspect", "--platform", "linux/s390x", "lab/base:1"]),
        "out| []
         err| error: image is for linux/amd64, not for linux/s390x
         err|
         err| hint: available: linux/amd64 (choose with --platform)
         exit 3",
    );
    home.run(["inspect", "--type", "container", "x"]).ends_with(125).complains("must be one of image");
}
