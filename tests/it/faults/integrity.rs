//! I: bytes that are not those of their digests, and registries that say something else than the bytes do.

use std::fs;

use serde_json::{Value, json};

use crate::support::scripted::{Answer, Heard, Route, Scripted};
use crate::support::{Fixture, Home, Part, blob_path};

use super::{MEMORY, Pulling, kept, not_kept};

const DIGEST: &str = "Docker-Content-Digest";

/// Somebody else's digest.
fn lie() -> String {
    format!("sha256:{}", "a".repeat(64))
}

/// How a blob may be wrong for ever.
type Change = fn(&mut Answer);

const WRONG: [(&str, Change); 3] = [
    ("flipped", |answer| {
        let mut body = answer.body.to_vec();
        body[0] ^= 1;
        answer.body = body.into();
    }),
    ("truncated", |answer| answer.body.truncate(answer.body.len() - 1)),
    ("with more than it should have", |answer| answer.body = [&answer.body[..], b"more"].concat().into()),
];

#[test]
fn i01_a_byte_that_is_wrong_once_is_taken_again() {
    for (_, change) in WRONG {
        let there = Pulling::small();
        let layer = there.layer();
        there.registry.on(Route::Blob).of(&layer.digest).edit(move |_, answer| change(answer)).once();
        there.home.run(["pull", &there.image()]).succeeds();
        there.is_kept();
    }
}

#[test]
fn i01_what_is_taken_again_may_be_cut_as_often_as_what_is_taken_at_first() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).flip_byte(0).once();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(layer.size / 8).times(7);
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn i02_i03_i04_i05_i10_a_layer_or_config_that_is_wrong_for_ever_leaves_nothing() {
    for (how, change) in WRONG {
        for of_config in [false, true] {
            let there = Pulling::small();
            let config = there.fixture.config_digest();
            let digest = if of_config { config.as_str() } else { &there.layer().digest };
            there.registry.on(Route::Blob).of(digest).edit(move |_, answer| change(answer)).forever();
            let command = ["--retry", "2", "pull", &there.image()];
            let outcome = there.home.run(command);
            assert_eq!(outcome.code, 6, "{how}: {outcome}");
            assert!(outcome.peak <= MEMORY);
            assert!(outcome.stderr.contains(digest), "{how}: {outcome}");
            there.is_not_kept();
            assert!(!blob_path(&there.home.store(), digest).exists(), "{how}");
            let copied = there.home.run(["--retry", "2", "copy", "-q", &there.image(), "oci:out:1"]);
            assert_eq!(copied.code, outcome.code, "{how}: {copied}");
            assert!(!blob_path(&there.home.path().join("out"), digest).exists(), "{how}");
        }
    }
}

#[test]
fn i06_of_a_digest_that_is_stated_and_another_that_the_bytes_have_the_bytes_decide_and_it_is_said() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).with_header(DIGEST, lie()).times(2);
    let outcome = there.home.run(["pull", &there.image()]).succeeds();
    outcome
        .complains(&format!("the registry states the digest {}, which its response does not match", lie()));
    there.is_kept();
    let named = there.home.run(["images", "--digests", "--format", "{{.Digest}}"]).succeeds();
    assert_eq!(named.stdout.trim(), there.fixture.root.digest);
    // Asked for by its digest, the digest of the bytes is the one that was asked for.
    let home = Home::fresh();
    let exact = there.registry.at(&format!("app@{}", there.fixture.root.digest));
    let outcome = home.run(["pull", &exact]).succeeds();
    outcome.complains("the registry states the digest ");
    kept(&home, &there.fixture);
}

#[test]
fn i06_a_head_that_lies_costs_a_request_and_nothing_else() {
    let there = Pulling::small();
    there.home.run(["pull", &there.image()]).succeeds();
    there.registry.on(Route::ManifestHead).with_header(DIGEST, lie()).once();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn i07_i08_without_the_header_the_own_hash_is_taken() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).without_header(DIGEST).forever();
    there.registry.on(Route::ManifestHead).without_header(DIGEST).forever();
    there.registry.on(Route::Blob).without_header(DIGEST).forever();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    let again = there.home.run(["pull", &there.image()]).succeeds();
    assert!(again.stdout.contains("Image is up to date"), "{again}");
    let digest = format!("{}\n", there.fixture.root.digest);
    there.home.run(["digest", &there.image()]).succeeds().prints(&digest);
    there.home.run(["copy", "-q", &there.image(), &there.registry.at("other:1")]).succeeds();
    there.registry.holds("other", &there.fixture, "1");
}

/// What was asked for by the tag and not by a digest.
fn by_tag(there: &Pulling, route: Route) -> Vec<Heard> {
    let mut heard = there.registry.requests(route);
    heard.retain(|heard| heard.head.path.ends_with("/manifests/1"));
    heard
}

#[test]
fn i09_a_manifest_that_is_not_the_one_of_its_digest_is_refused() {
    let other = Fixture::docker();
    let body = other.content(&other.root.digest);
    let there = Pulling::of(Scripted::start(), Fixture::multi_platform());
    let child = &there.fixture.manifests["linux/amd64"];
    for part in [child, &there.fixture.root] {
        let body = body.clone();
        let wrong = there.registry.on(Route::Manifest).of(&part.digest);
        wrong.edit(move |_, answer| answer.body = body.clone().into()).forever();
    }
    let exact = there.registry.at(&format!("app@{}", there.fixture.root.digest));
    let tagged = there.image();
    for image in [&tagged, &exact] {
        for command in [&["pull", "--platform", "linux/amd64"][..], &["pull", "--all-platforms"]] {
            let outcome = there.home.run(command.iter().copied().chain([image.as_str()])).ends_with(6);
            outcome.complains("manifest verification failed");
            there.is_not_kept();
        }
        there.home.run(["copy", "-q", image, "oci:out:1"]).ends_with(6);
        there.home.run(["copy", "-q", image, &there.registry.at("other:1")]).ends_with(6);
    }
    assert!(!there.registry.has_manifest("other", "1"));
}

/// The tag means `second` for who asks with GET, once, and the old image for everybody else.
fn moving(first: Fixture, second: &Fixture) -> Pulling {
    let there = Pulling::of(Scripted::start(), first);
    there.registry.seed("app", second, "2");
    there.registry.tag("app", "1", &there.fixture.root.digest);
    let Part { media_type, digest, .. } = second.root.clone();
    let body = second.content(&digest);
    let moved = there.registry.on(Route::Manifest).of("/manifests/1");
    moved
        .edit(move |_, answer| {
            answer.body = body.clone().into();
            answer.set("Content-Type", &media_type);
            answer.set(DIGEST, &digest);
        })
        .once();
    there
}

#[test]
fn i11_a_tag_that_moves_is_resolved_once_and_all_else_comes_by_digest() {
    let second = Fixture::docker_list();
    for first in [Fixture::small(), Fixture::multi_platform()] {
        let there = moving(first, &second);
        there.home.run(["pull", "--all-platforms", &there.image()]).succeeds();
        kept(&there.home, &second);
        let named = there.home.run(["images", "--digests", "--format", "{{.Digest}}"]).succeeds();
        assert_eq!(named.stdout.trim(), second.root.digest);
        assert_eq!(by_tag(&there, Route::Manifest).len(), 1, "{:#?}", there.registry.heard());
    }
}

#[test]
fn i11_a_tag_that_moves_between_head_and_get_is_what_get_says() {
    let second = Fixture::docker_list();
    let there = moving(Fixture::small(), &second);
    // Something else is here under this name, so that HEAD is asked first.
    there
        .home
        .run(["copy", "-q", &Fixture::docker().place(), &format!("store:{}", there.image())])
        .succeeds();
    there.home.run(["pull", "--all-platforms", &there.image()]).succeeds();
    kept(&there.home, &second);
    assert_eq!((by_tag(&there, Route::ManifestHead).len(), by_tag(&there, Route::Manifest).len()), (1, 1));
}

#[test]
fn i11_a_copy_of_a_tag_that_moves_is_of_one_image() {
    let second = Fixture::docker_list();
    for target in ["oci:out:1", "REGISTRY/other:1"] {
        let there = moving(Fixture::multi_platform(), &second);
        let target = target.replace("REGISTRY", &there.registry.host());
        there.home.run(["copy", "-q", &there.image(), &target]).succeeds();
        assert_eq!(by_tag(&there, Route::Manifest).len(), 1);
        if target.starts_with("oci:") {
            for part in second.blobs.iter().chain(second.manifests.values()).chain([&second.root]) {
                let found = fs::read(blob_path(&there.home.path().join("out"), &part.digest)).unwrap();
                assert!(found == second.content(&part.digest));
            }
        } else {
            there.registry.holds("other", &second, "1");
        }
    }
}

#[test]
fn i12_content_named_by_sha512_is_checked_by_it() {
    let there = Pulling::of(Scripted::start(), Fixture::sha512());
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    let layer = there.layer();
    assert!(layer.digest.starts_with("sha512:"));
    let home = Home::fresh();
    there.registry.on(Route::Blob).of(&layer.digest).flip_byte(10).forever();
    home.run(["pull", &there.image()]).ends_with(6).complains(&layer.digest);
    not_kept(&home);
    assert!(!blob_path(&home.store(), &layer.digest).exists());
}

#[test]
fn i13_no_algorithm_is_taken_that_is_weaker_or_not_known() {
    let digests = [
        format!("sha1:{}", "a".repeat(40)),
        format!("md5:{}", "a".repeat(32)),
        format!("sha224:{}", "a".repeat(56)),
        format!("crc32:{}", "a".repeat(8)),
        format!("sha256+b64:{}", "a".repeat(64)),
        format!("SHA256:{}", "a".repeat(64)),
    ];
    for digest in digests {
        let there = Pulling::small();
        let root = there.fixture.content(&there.fixture.root.digest);
        let mut document: Value = serde_json::from_slice(&root).unwrap();
        document["layers"][0]["digest"] = json!(digest);
        let changed = there.registry.seed_manifest(
            "app",
            &there.fixture.root.media_type,
            document.to_string().into_bytes(),
        );
        there.registry.tag("app", "1", &changed);
        there.registry.seed_blob("app", &digest, b"anything".to_vec());
        there.home.run(["pull", &there.image()]).ends_with(6);
        there.is_not_kept();
        assert!(there.registry.requests(Route::Blob).is_empty(), "nothing is taken for {digest}");
    }
    // What the header offers is no digest either.
    let there = Pulling::small();
    there.registry.on(Route::Manifest).with_header(DIGEST, format!("md5:{}", "a".repeat(32))).once();
    let outcome = there.home.run(["pull", &there.image()]).succeeds();
    outcome.complains("the registry states the digest md5:aaaa");
    there.is_kept();
}

/// Copies from one registry to another, which believes whatever it is given.
#[track_caller]
fn copied_to_a_believer(there: &Pulling, exit: i32) -> Scripted {
    let target = Scripted::start();
    target.on(Route::UploadPut).status(201).forever();
    there.home.run(["copy", "-q", &there.image(), &target.at("app:1")]).ends_with(exit);
    target
}

#[test]
fn i02_between_registries_wrong_bytes_do_not_pass_even_if_the_target_would_take_them() {
    for fixture in [Fixture::small(), Fixture::heavy(4 << 20)] {
        let there = Pulling::of(Scripted::start(), fixture);
        let layer = there.layer();
        there.registry.on(Route::Blob).of(&layer.digest).flip_byte(0).forever();
        let target = copied_to_a_believer(&there, 6);
        assert!(target.requests(Route::ManifestPut).is_empty());
        let puts = target.requests(Route::UploadPut);
        let taken: Vec<_> = puts.iter().filter(|heard| heard.head.path.contains(&layer.digest)).collect();
        assert!(taken.iter().all(|heard| heard.taken < layer.size), "its last bytes never came: {taken:#?}");
        assert_eq!(
            there
                .registry
                .requests(Route::Blob)
                .iter()
                .filter(|heard| heard.head.path.contains(&layer.digest))
                .count(),
            2
        );
    }
}

#[test]
fn i01_between_registries_bytes_that_are_wrong_once_are_taken_again() {
    let there = Pulling::of(Scripted::start(), Fixture::heavy(4 << 20));
    there.registry.on(Route::Blob).of(&there.layer().digest).flip_byte(3 << 20).once();
    let target = Scripted::start();
    there.home.run(["copy", "-q", &there.image(), &target.at("app:1")]).succeeds();
    target.holds("app", &there.fixture, "1");
    assert_eq!(target.open_uploads(), 0);
}

#[test]
fn i02_out_of_a_layout_of_others_wrong_bytes_do_not_pass_either() {
    let there = Pulling::small();
    let layout = there.home.path().join("out");
    there.home.run(["copy", "-q", &there.image(), "oci:out:1"]).succeeds();
    let file = blob_path(&layout, &there.layer().digest);
    let mut content = fs::read(&file).unwrap();
    content[0] ^= 1;
    fs::remove_file(&file).unwrap();
    fs::write(&file, content).unwrap();
    let target = Scripted::start();
    target.on(Route::UploadPut).status(201).forever();
    there.home.run(["copy", "-q", "oci:out:1", &target.at("app:1")]).ends_with(6);
    assert!(target.requests(Route::ManifestPut).is_empty());
}
