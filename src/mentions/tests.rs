use std::path::Path;

use super::*;
use crate::digest::Digest;

fn read(name: &str, text: &str) -> Document {
    Document::parse(Path::new(name), text.as_bytes().to_vec()).unwrap()
}

/// What was found: `line image`, and `line text: why` for what was left out.
fn found(name: &str, text: &str) -> Vec<String> {
    let document = read(name, text);
    let mentions =
        document.mentions.iter().map(|mention| format!("{} {}", mention.line, mention.image.familiar()));
    let skipped =
        document.skipped.iter().map(|skipped| format!("{} {}: {}", skipped.line, skipped.text, skipped.why));
    mentions.chain(skipped).collect()
}

fn digest() -> Digest {
    Digest::sha256(b"new")
}

/// The text after all mentions got the digest, which is shown as `NEW`.
fn pinned(name: &str, text: &str) -> String {
    let digest = digest();
    read(name, text).pinned(|_| Some(&digest)).replace(digest.as_str(), "NEW")
}

const COMPOSE: &str = "\
# 服务
services:
  web:
    image: \"nginx:1.27\"   # the proxy
    ports: ['80:80']
  app:
    build: .
    image: lab.test/app:1
  db: {image: 'postgres', environment: {image: x y}}
  cache:
    image: ${REGISTRY:-quay.io}/redis:${TAG}
  queue: &queue
    image: rabbitmq:4@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  other: *queue
";

#[test]
fn a_compose_file_names_its_images() {
    assert_eq!(
        found("compose.yaml", COMPOSE),
        [
            "4 nginx:1.27",
            "9 postgres:latest",
            "13 rabbitmq:4@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "8 lab.test/app:1: this image is built",
            "9 x y: invalid reference format",
            "11 ${REGISTRY:-quay.io}/redis:${TAG}: the value of $TAG is not in the file",
        ]
    );
}

#[test]
fn a_digest_changes_nothing_else_in_a_file() {
    let expected = COMPOSE
        .replace("\"nginx:1.27\"", "\"nginx:1.27@NEW\"")
        .replace("'postgres'", "'postgres:latest@NEW'")
        .replace("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "NEW");
    assert_eq!(pinned("compose.yaml", COMPOSE), expected);
    let windows = COMPOSE.replace('\n', "\r\n");
    assert_eq!(pinned("compose.yaml", &windows), expected.replace('\n', "\r\n"));
}

#[test]
fn every_document_of_a_manifest_counts() {
    let text = "\
apiVersion: v1
kind: Pod
spec:
  initContainers: [{name: a, image: busybox:1.36}]
  containers:
  - image: >-
      quay.io/a/b:1
    name: b
  volumes:
  - image: {reference: quay.io/a/data:2, pullPolicy: Always}
---
{\"kind\": \"Pod\", \"spec\": {\"containers\": [{\"image\": \"c:3\"}, {\"image\": \"d\\u003a4\"}]}}
";
    assert_eq!(
        found("pod.yml", text),
        ["4 busybox:1.36", "7 quay.io/a/b:1", "10 quay.io/a/data:2", "12 c:3", "12 d:4"]
    );
    // A name that is not in the file as it is cannot be replaced.
    let replaceable: Vec<bool> = read("pod.yml", text).mentions.iter().map(Mention::is_replaceable).collect();
    assert_eq!(replaceable, [true, false, true, true, false]);
    let blocks: Vec<bool> = read("pod.yml", text).mentions.iter().map(Mention::is_block).collect();
    assert_eq!(blocks, [false, true, false, false, false]);
}

#[test]
fn the_values_of_a_chart_have_their_parts_apart() {
    let text = "\
image:
  registry: quay.io
  repository: team/app
  tag: 1.2
sidecar:
  image:
    repository: team/proxy
    tag: \"3\"
    digest: \"\"
job: {image: {repository: a/b, tag: ''}}
source: {repository: https://example.com}
init:
  image: team/init:{{ .Values.tag }}
";
    assert_eq!(
        found("values.yaml", text),
        [
            "4 quay.io/team/app:1.2",
            "8 team/proxy:3",
            "10 a/b: the tag is chosen by the chart",
            "13 team/init:{{ .Values.tag }}: a template is not resolved",
        ]
    );
    let pinned = pinned("values.yaml", text);
    assert!(pinned.contains("  tag: 1.2@NEW\nsidecar") && pinned.contains("digest: \"NEW\""), "{pinned}");
    assert_eq!(
        found("values.yaml", &pinned.replace("NEW", digest().as_str()))[0],
        format!("4 quay.io/team/app:1.2@{}", digest())
    );
}

const DOCKERFILE: &str = "\
# syntax=docker/dockerfile:1
ARG BASE=debian:12
ARG VERSION=1.27
FROM --platform=$BUILDPLATFORM golang:1.23 AS Build
RUN --mount=type=bind,from=busybox:1.36,target=/b <<EOF
FROM not-an-image
EOF
COPY --from=build /a /b
COPY --from=0 /a /b
COPY --from=alpine:3 /a /b
from ${BASE}
# a comment
FROM nginx:${VERSION}-alpine
FROM scratch
FROM \\
  # between
  caddy:2 \\
  AS last
ARG LATE=x
FROM $LATE
FROM build
FROM debian:12
";

#[test]
fn a_dockerfile_names_images_and_stages() {
    assert_eq!(
        found("Dockerfile.dev", DOCKERFILE),
        [
            "1 docker/dockerfile:1",
            "4 golang:1.23",
            "5 busybox:1.36",
            "10 alpine:3",
            "2 debian:12",
            "13 nginx:1.27-alpine",
            "17 caddy:2",
            "22 debian:12",
            "20 $LATE: the value of $LATE is not in the file",
        ]
    );
    let pinned = pinned("Dockerfile", DOCKERFILE);
    let expected = DOCKERFILE
        .replace("dockerfile:1\n", "dockerfile:1@NEW\n")
        .replace("BASE=debian:12", "BASE=debian:12@NEW")
        .replace("golang:1.23", "golang:1.23@NEW")
        .replace("busybox:1.36", "busybox:1.36@NEW")
        .replace("alpine:3", "alpine:3@NEW")
        .replace("caddy:2", "caddy:2@NEW")
        .replace("FROM debian:12", "FROM debian:12@NEW");
    assert_eq!(pinned, expected);
}

#[test]
fn a_list_has_an_image_in_each_line() {
    let text = "# base\nnginx:1.27 # proxy\n--platform=linux/arm64 quay.io/a/b\n\n--platform linux/amd64 c:1\nUPPER:1\n";
    assert_eq!(
        found("images.txt", text),
        [
            "2 nginx:1.27",
            "3 quay.io/a/b:latest",
            "5 c:1",
            "6 UPPER:1: invalid reference format: repository name (library/UPPER) must be lowercase"
        ]
    );
    assert!(
        pinned("images.txt", text)
            .contains("nginx:1.27@NEW # proxy\n--platform=linux/arm64 quay.io/a/b:latest@NEW\n")
    );
}

#[test]
fn the_name_or_the_beginning_of_a_file_decides_about_its_format() {
    let format = |name: &str, text: &str| read(name, text).format;
    for (name, text, expected) in [
        ("Dockerfile", "", Format::Dockerfile),
        ("dir/app.Dockerfile", "", Format::Dockerfile),
        ("Containerfile.test", "", Format::Dockerfile),
        ("x.yml", "FROM a", Format::Yaml),
        ("build", "# c\nfrom a", Format::Dockerfile),
        ("images", "a:1\nb", Format::List),
        ("-", "services: {}", Format::Yaml),
        ("Makefile", "FROM a\nRUN b", Format::Dockerfile),
    ] {
        assert_eq!(format(name, text), expected, "{name}");
    }
}

#[test]
fn a_broken_file_is_an_error_with_its_line() {
    let error = |name: &str, text: &[u8]| Document::parse(Path::new(name), text.to_vec()).unwrap_err();
    let broken = error("a.yml", b"a: [1,\nb: }");
    assert!(matches!(broken, Error::Syntax { line: 1, .. }), "{broken}");
    assert_eq!(error("a.yml", b"ab\xff"), Error::NotText(2));
    assert_eq!(error("a.txt", &vec![b'a'; FILE_LIMIT + 1]), Error::TooLarge);
    assert_eq!(error("a.txt", "a\n".repeat(MENTIONS_LIMIT + 1).as_bytes()), Error::TooMany);
    let deep = "[".repeat(100_000);
    assert!(matches!(error("a.yml", deep.as_bytes()), Error::Syntax { .. }));
    let _ = read("Dockerfile", "FROM\nCOPY --from=\nRUN --mount=from=\nARG\nFROM $\nFROM ${\n# escape=");
    let open = error("Dockerfile", b"FROM a\nRUN <<EOF\nFROM b\n");
    assert_eq!(open.to_string(), "line 2: the here-document EOF does not end");
}

#[test]
fn a_name_that_is_only_a_digest_has_no_tag_to_follow() {
    let text = format!("image: a@{}", Digest::sha256(b"old"));
    let document = read("a.yml", &text);
    assert!(document.mentions[0].is_pinned() && document.mentions[0].tagged().is_none());
    assert_eq!(pinned("a.yml", &text), text);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    for (name, text) in [
        ("up.sh", "#!/bin/sh\ndocker pull nginx:1\n"),
        ("up.sh", "#!/bin/sh\ntrue\n"),
        ("app.py", "from os import path\nprint(1)\n"),
        ("README.md", "nginx is good\n"),
        ("notes", "call Anna\n"),
        ("empty", ""),
    ] {
        let error = Document::parse(Path::new(name), text.as_bytes().to_vec()).unwrap_err();
        assert_eq!(error, Error::Format, "{name}");
    }
    assert_eq!(
        found("notes.txt", "nginx:1 is good\nredis:7\n"),
        ["2 redis:7", "1 nginx:1 is good: a line of a list names one image, and nothing else"]
    );
}

#[test]
fn the_bodies_of_here_documents_are_left_alone() {
    let text = "FROM a:1\nRUN python3 - <<EOF>out && cat <<'E-2'|sh\nfrom os import path\nEOF\nFROM x\nE-2\n\
                RUN <<-EOF\n\tFROM y\n\tEOF\nRUN echo \" <<EOF \" # no document\nCOPY --from=redis:1 / /\n";
    assert_eq!(found("Dockerfile", text), ["1 a:1", "11 redis:1"]);
}

#[test]
fn a_digest_in_an_argument_breaks_no_other_name() {
    let replaceable = |text: &str| {
        let mentions = read("Dockerfile", text).mentions;
        mentions
            .iter()
            .map(|mention| (mention.image.familiar(), mention.is_replaceable()))
            .collect::<Vec<_>>()
    };
    let named = |name: &str, is: bool| (name.to_owned(), is);
    assert_eq!(
        replaceable("ARG BASE=nginx:1\nFROM ${BASE}\nFROM ${BASE}-alpine\n"),
        [named("nginx:1", false), named("nginx:1-alpine", false)]
    );
    assert_eq!(
        replaceable("ARG A=nginx\nFROM $A:1\nFROM $A\n"),
        [named("nginx:1", false), named("nginx:latest", false)]
    );
    assert_eq!(replaceable("ARG A=nginx:1\nARG A=nginx:2\nFROM $A\n"), [named("nginx:2", true)]);
    assert_eq!(replaceable("FROM nginx:1\\\n-alpine\n"), [named("nginx:1-alpine", false)]);
    assert_eq!(
        replaceable("\u{feff}FROM nginx:1\nONBUILD COPY --from=a:2 / /"),
        [named("nginx:1", true), named("a:2", true)]
    );
}

#[test]
fn pipelines_and_aliases_name_images_too() {
    let text = "\
x-base: &base nginx:1
web: {image: *base}
test:
  image: {name: 'golang:1.23', entrypoint: ['']}
  services:
  - name: postgres:16
  - redis:7
  - docker
jobs:
  build: {runs-on: ubuntu-latest, container: node:22}
source: {repository: owner/project, tag: v1.0}
backend: {repository: team/api, tag: v2, pullPolicy: Always}
on: {image: true}
";
    assert_eq!(
        found("ci.yml", text),
        ["1 nginx:1", "4 golang:1.23", "6 postgres:16", "7 redis:7", "10 node:22", "12 team/api:v2"]
    );
    assert!(pinned("ci.yml", text).contains("x-base: &base nginx:1@NEW\nweb: {image: *base}\n"));
}

const KUSTOMIZATION: &str = "\
kind: Kustomization
resources: [base]
images:
  - name: app          # in the base
    newName: lab.test/team/app
    newTag: \"1.2\"      # moved by CI
  - newTag: 1.27
    name: nginx
  - {name: redis, newTag: '7'}
  - name: pinned
    newTag: 3
    digest: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  - name: moved
    newName: lab.test/moved
  - {name: suffixed, newTag: 1, tagSuffix: -debug}
";

#[test]
fn a_kustomization_has_tags_and_digests_apart() {
    assert_eq!(
        found("kustomization.yaml", KUSTOMIZATION),
        [
            "6 lab.test/team/app:1.2",
            "7 nginx:1.27",
            "9 redis:7",
            "11 pinned:3@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "15 suffixed:1-debug",
            "14 lab.test/moved: the tag is in another file",
        ]
    );
    let expected = KUSTOMIZATION
        .replace("    newTag: \"1.2\"", "    digest: NEW\n    newTag: \"1.2\"")
        .replace("  - newTag: 1.27", "  - digest: NEW\n    newTag: 1.27")
        .replace("newTag: '7'", "digest: NEW, newTag: '7'")
        .replace("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "NEW");
    assert_eq!(pinned("kustomization.yaml", KUSTOMIZATION), expected);
    let windows = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(pinned("Kustomization", &windows(KUSTOMIZATION)), windows(&expected));
}

#[test]
fn a_kustomization_in_json_stays_json() {
    let text = "{\"images\": [\n  {\n    \"name\": \"a\",\n    \"newTag\": \"1\"\n  }\n]}\n";
    let expected = text.replace("\"newTag\"", "\"digest\": \"NEW\", \"newTag\"");
    assert_eq!(pinned("kustomization.json", text), expected);
    assert!(serde_json::from_str::<serde_json::Value>(&expected).is_ok());
}

#[test]
fn a_kustomization_says_which_images_stand_elsewhere() {
    let list = "x: &img\n- name: a\n  newTag: 1\nimages: *img\n";
    assert_eq!(found("kustomization.yaml", list), ["4 *img: an alias or a merge key stands for it"]);
    let items = "x: &t {newTag: 1}\nimages:\n- <<: *t\n  name: b\n- *t\n- {name: c, newTag: 2}\n- <<: [*t]\n";
    assert_eq!(
        found("kustomization.yaml", items),
        [
            "6 c:2",
            "3 b: an alias or a merge key stands for it",
            "5 *t: an alias or a merge key stands for it",
            "7 <<: an alias or a merge key stands for it",
        ]
    );
    // In values of a chart, the images are read at the anchor.
    let chart = "a: &a {app: {image: {repository: b, tag: 1}}}\nimages: *a\n";
    assert_eq!(found("values.yaml", chart), ["1 b:1"]);
}

#[test]
fn a_digest_without_a_value_is_none_and_gets_one() {
    for (text, expected) in [
        ("images:\n- name: a\n  newTag: 1\n  digest:\n", "images:\n- name: a\n  newTag: 1\n  digest: NEW\n"),
        (
            "images:\n- digest: # c\n  newTag: 1\n  name: a",
            "images:\n- digest: NEW # c\n  newTag: 1\n  name: a",
        ),
        ("images:\n- digest: ~\n  newTag: 1\n  name: a", "images:\n- digest: NEW\n  newTag: 1\n  name: a"),
        ("images: [{name: a, newTag: 1, digest: null}]", "images: [{name: a, newTag: 1, digest: NEW}]"),
        ("images: [{name: a, \"digest\":, newTag: 1}]", "images: [{name: a, \"digest\": NEW, newTag: 1}]"),
        (
            "image:\n  repository: a\n  tag: 1\n  digest:\n",
            "image:\n  repository: a\n  tag: 1\n  digest: NEW\n",
        ),
    ] {
        assert_eq!(found("kustomization.yaml", text).len(), 1, "{text}");
        assert!(found("kustomization.yaml", text)[0].ends_with(" a:1"), "{text}");
        assert_eq!(pinned("kustomization.yaml", text), expected);
        let again = found("kustomization.yaml", &expected.replace("NEW", digest().as_str()));
        assert!(again[0].ends_with(digest().as_str()), "{again:?}");
    }
    let anchored = "images:\n- {name: a, newTag: 1, digest: &d }\n";
    assert!(!read("kustomization.yaml", anchored).mentions[0].is_replaceable());
    assert_eq!(
        found("kustomization.yaml", "images:\n- name: a\n  newName: b\n  newTag:\n"),
        ["3 b: the tag is in another file"]
    );
}

#[test]
fn a_default_is_used_and_named() {
    let defaults = |text: &str| read("compose.yaml", text).mentions[0].defaults().to_vec();
    assert_eq!(defaults("a: {image: '${HOST:-quay.io}/nginx:${TAG-1}'}"), ["HOST", "TAG"]);
    assert!(defaults("a: {image: nginx}").is_empty());
}
