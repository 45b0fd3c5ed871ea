use std::fs;
use std::sync::Arc;

use super::{Sample, familiar, parse, store};
use crate::content::{Locations as _, Source, Target, read_blob};
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType, Platform};
use crate::reference::{Selector, Tag};
use crate::store::{Error, Store, Swept};

fn amd64() -> Platform {
    "linux/amd64".parse().unwrap()
}

fn latest() -> Selector {
    Tag::latest().into()
}

#[tokio::test]
async fn looking_makes_nothing() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    let repository = store.repository(&parse("x").name);
    assert!(store.images().unwrap().is_empty());
    assert!(!repository.is_complete(sample.descriptor()).unwrap());
    assert!(!repository.holds_blob(&sample.blobs[0].0).await.unwrap());
    assert!(repository.resolve(&latest()).await.is_err());
    assert!(repository.of(&sample.blobs[0].0, &parse("y").name).await.is_empty());
    assert!(!store.untag(&parse("x")).await.unwrap());
    assert!(store.remove(&sample.descriptor().digest).await.unwrap().is_empty());
    assert!(store.tag(sample.descriptor(), &parse("x")).await.is_err());
    assert_eq!(store.sweep().await.unwrap(), Some(Swept::default()));
    assert!(!store.root().exists());
}

#[tokio::test]
async fn what_was_written_is_read_again() {
    let (_folder, store) = store();
    let sample = Sample::index("x", &["linux/amd64", "linux/arm64"]);
    sample.pull_as(&store, "127.0.0.1:5000/app:1").await;

    let again = Store::open(store.root());
    let repository = again.repository(&parse("127.0.0.1:5000/app").name);
    let root = repository.resolve(&parse("127.0.0.1:5000/app:1").selector()).await.unwrap();
    assert_eq!(&root.digest, &sample.descriptor().digest);
    assert_eq!(repository.manifest(&root).await.unwrap().bytes(), sample.root.bytes());
    for manifest in &sample.manifests {
        let found = repository.resolve(&manifest.descriptor().digest.clone().into()).await.unwrap();
        assert_eq!(&found, manifest.descriptor(), "a manifest within an index is found by its digest");
    }
    for (blob, bytes) in &sample.blobs {
        assert_eq!(&read_blob(&repository, blob, 1000).await.unwrap(), bytes);
    }
    assert!(repository.is_complete(&root).unwrap());
    let mark = fs::read_to_string(store.root().join("oci-layout")).unwrap();
    assert_eq!(mark, r#"{"imageLayoutVersion":"1.0.0"}"#);
}

#[tokio::test]
async fn an_image_pulled_by_digest_is_named_by_digest() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    let digest = &sample.descriptor().digest;
    sample.pull_as(&store, &format!("app:1@{digest}")).await;
    let images = store.images().unwrap();
    assert_eq!(familiar(&images), [format!("app@{digest}")]);
    assert_eq!(store.find(&format!("app@{digest}")).unwrap(), images[0]);
    assert_eq!(store.find("app:1").unwrap_err().to_string(), "No such image: app:1");
}

#[tokio::test]
async fn an_image_that_lost_its_name_stays_without_one() {
    let (_folder, store) = store();
    let (old, new) = (Sample::image("old", "linux/amd64"), Sample::image("new", "linux/amd64"));
    old.pull_as(&store, "app").await;
    new.pull_as(&store, "app").await;
    let images = store.images().unwrap();
    assert_eq!(familiar(&images), ["-", "app:latest"]);
    assert_eq!(&images[0].descriptor, old.descriptor());
    assert_eq!(store.find("app").unwrap().descriptor.digest, new.descriptor().digest);

    store.tag(&images[0].descriptor, &parse("old:1")).await.unwrap();
    assert_eq!(familiar(&store.images().unwrap()), ["old:1", "app:latest"]);
}

#[tokio::test]
async fn names_and_ids_find_an_image() {
    let (_folder, store) = store();
    let sample = Sample::index("x", &["linux/amd64", "linux/arm64"]);
    sample.pull_as(&store, "app:1").await;
    Sample::image("other", "linux/amd64").pull_as(&store, "other").await;
    store.tag(sample.descriptor(), &parse("app:2")).await.unwrap();

    let root = &sample.descriptor().digest;
    let config = &sample.blobs[0].0.digest;
    let child = &sample.manifests[1].descriptor().digest;
    for needle in [
        "app:1".to_owned(),
        "docker.io/library/app:1".to_owned(),
        format!("app@{root}"),
        root.to_string(),
        config.to_string(),
        config.hex().to_owned(),
        config.short().to_owned(),
        format!("sha256:{}", &child.hex()[..16]),
    ] {
        let found = store.find(&needle).unwrap();
        assert_eq!(found.reference, Some(parse("app:1")), "{needle}");
        assert_eq!(&found.descriptor.digest, root, "{needle}");
    }
}

#[tokio::test]
async fn a_missing_image_is_reported_in_dockers_words() {
    let (_folder, store) = store();
    Sample::image("x", "linux/amd64").pull_as(&store, "app:1").await;
    let absent = Digest::sha256(b"absent");
    for (needle, told) in [
        ("nosuch:1", "nosuch:1"),
        ("docker.io/library/nosuch", "nosuch:latest"),
        ("app", "app:latest"),
        (absent.as_str(), absent.as_str()),
        (absent.hex(), absent.hex()),
    ] {
        let error = store.find(needle).unwrap_err();
        assert_eq!(error.to_string(), format!("No such image: {told}"));
        assert_eq!((error.kind(), error.hint()), (ErrorKind::NotFound, Some(Hint::SeeImages)));
    }
    assert_eq!(store.find("No/Name").unwrap_err().kind(), ErrorKind::Usage);
}

#[tokio::test]
async fn an_id_that_fits_several_images_is_ambiguous() {
    let (_folder, store) = store();
    for n in 0..20 {
        Sample::image(&n.to_string(), "linux/amd64").pull_as(&store, &format!("app:{n}")).await;
    }
    // Of forty digests, at least three begin with the same of sixteen characters.
    let ambiguous = |character: &char| {
        matches!(store.find(&character.to_string()), Err(Error::AmbiguousId { images: 2.., .. }))
    };
    assert!("0123456789abcdef".chars().any(|character| ambiguous(&character)));
}

#[tokio::test]
async fn one_image_in_two_wrappings_is_not_ambiguous() {
    let (_folder, store) = store();
    let index = Sample::index("x", &["linux/amd64"]);
    index.pull_as(&store, "index").await;
    store.tag(index.manifests[0].descriptor(), &parse("alone")).await.unwrap();
    let config = &index.blobs[0].0.digest;
    assert_eq!(store.find(config.short()).unwrap().reference, Some(parse("index")));
}

#[tokio::test]
async fn details_describe_what_is_stored() {
    let (_folder, store) = store();
    let index = Sample::index("x", &["linux/arm64", "linux/amd64", "linux/s390x"]);
    index.clone().only(2).pull_as(&store, "app").await;
    let details = store.details(&store.find("app").unwrap(), &amd64());

    assert_eq!(details.id, index.blobs[3].0.digest, "the config of the platform that runs here");
    assert_eq!(details.config.config.labels["text"], "x linux/amd64");
    let platforms: Vec<_> = details.platforms.iter().map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/arm64", "linux/amd64"]);
    let shared = index.blobs[1].0.size;
    let all: u64 = index.blobs[..6].iter().map(|(blob, _)| blob.size).sum();
    assert_eq!(details.size, all - shared, "a layer that both share counts once");
    assert!(details.problem.is_none());
    let other = store.details(&store.find("app").unwrap(), &"linux/riscv64".parse().unwrap());
    assert_eq!(other.id, index.blobs[0].0.digest, "the first if none runs here");
}

#[tokio::test]
async fn of_an_index_only_some_platforms_may_be_there() {
    let (_folder, store) = store();
    let index = Sample::index("x", &["linux/amd64", "linux/arm64"]);
    let repository = store.repository(&parse("app").name);
    index.clone().only(1).pull_to(&repository, &latest()).await;
    assert!(!repository.is_complete(index.descriptor()).unwrap());
    assert!(!repository.is_complete(index.descriptor()).unwrap());
    let digests = |root| {
        let present = repository.present_platforms(root).unwrap();
        present.into_iter().map(|platform| platform.digest).collect::<Vec<_>>()
    };
    let amd64 = index.manifests[0].descriptor();
    assert_eq!(digests(index.descriptor()), std::slice::from_ref(&amd64.digest));
    assert_eq!(digests(amd64), std::slice::from_ref(&amd64.digest));
    assert!(digests(index.manifests[1].descriptor()).is_empty());

    index.write_to(&repository).await;
    assert!(repository.is_complete(index.descriptor()).unwrap());
    assert_eq!(digests(index.descriptor()).len(), 2);
}

#[tokio::test]
async fn a_broken_image_does_not_spoil_the_list() {
    let (_folder, store) = store();
    let samples = ["a", "b", "c"].map(|text| Sample::image(text, "linux/amd64"));
    for (sample, name) in samples.iter().zip(["a", "b", "c"]) {
        sample.pull_as(&store, name).await;
    }
    let damaged = store.blobs().path(&samples[0].descriptor().digest);
    fs::remove_file(&damaged).unwrap();
    fs::write(&damaged, "{}").unwrap();
    store.blobs().remove(&samples[1].blobs[2].0.digest).unwrap();

    let images = store.images().unwrap();
    let details: Vec<_> = images.iter().map(|image| store.details(image, &amd64())).collect();
    assert_eq!(details[0].problem.as_ref().unwrap().kind(), ErrorKind::Corrupt);
    assert_eq!(details[0].id, samples[0].descriptor().digest);
    assert!(matches!(details[1].problem, Some(Error::Missing(_))));
    assert_eq!(details[1].config.config.labels["text"], "b", "the config is still there");
    assert!(details[2].problem.is_none());
    let repository = store.repository(&parse("a").name);
    for sample in &samples[..2] {
        assert!(!repository.is_complete(sample.descriptor()).unwrap());
    }
    samples[0].pull_as(&store, "a").await;
    assert!(repository.is_complete(samples[0].descriptor()).unwrap(), "a pull fixes it");
}

#[tokio::test]
async fn an_image_is_not_named_before_it_is_whole() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    let repository = store.repository(&parse("app").name);
    let mut partial = sample.clone();
    let (missing, _) = partial.blobs.pop().unwrap();
    partial.write_to(&repository).await;
    let error = repository.tag(&sample.root, &latest()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("blob {} is not in the store", missing.digest));
    assert!(store.images().unwrap().is_empty());
}

#[tokio::test]
async fn d6_locations_are_looked_for_at_the_same_registry_and_among_so_many_images() {
    let (_folder, store) = store();
    let samples = ["a", "b", "c"].map(|text| Sample::image(text, "linux/amd64"));
    samples[0].pull_as(&store, "one.example/a").await;
    samples[1].pull_as(&store, "one.example/b").await;
    samples[2].pull_as(&store, "two.example/c").await;
    store.tag(samples[1].descriptor(), &parse("one.example/b:2")).await.unwrap();
    let repository = store.repository(&parse("elsewhere/a").name);
    let [a, b, near] = ["one.example/a", "one.example/b", "one.example/x"].map(|name| parse(name).name);
    let shared = &samples[0].blobs[1].0;
    assert_eq!(repository.of(shared, &near).await, [a.clone(), b.clone()]);
    assert_eq!(repository.of(&samples[1].blobs[2].0, &near).await, std::slice::from_ref(&b));
    assert_eq!(repository.of(shared, &a).await, [b], "nothing is mounted from itself");
    assert_eq!(repository.of(&samples[2].blobs[2].0, &near).await, []);

    // A repository of many images leaves room for the others, and its newest image counts.
    for number in 0..200 {
        let sample = Sample::image(&format!("many {number}"), "linux/amd64");
        sample.pull_as(&store, &format!("one.example/many:{number}")).await;
    }
    let many = parse("one.example/many").name;
    assert_eq!(repository.of(&samples[0].blobs[2].0, &near).await, [a]);
    let newest = Sample::image("many 199", "linux/amd64");
    assert_eq!(repository.of(&newest.blobs[2].0, &near).await, [many]);
    let oldest = Sample::image("many 0", "linux/amd64");
    assert_eq!(repository.of(&oldest.blobs[2].0, &near).await, []);
}

#[tokio::test]
async fn d7_a_catalog_is_parsed_once_and_again_when_anybody_changes_the_index() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    sample.pull_as(&store, "app:1").await;
    let first = store.catalog().unwrap();
    assert!(Arc::ptr_eq(&first, &store.clone().catalog().unwrap()));

    // Another process.
    let other = Store::open(store.root());
    other.tag(sample.descriptor(), &parse("app:2")).await.unwrap();
    let second = store.catalog().unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(familiar(second.images()), ["app:1", "app:2"]);
    assert_eq!(familiar(first.images()), ["app:1"], "a snapshot");
    assert!(second.named(&parse("app:2")).is_some() && second.named(&parse("app:3")).is_none());
    assert_eq!(second.of_repository(&parse("app").name).count(), 2);
    assert_eq!(second.with_digest(&sample.descriptor().digest).count(), 2);

    // Another program, which does not replace the file.
    let path = store.root().join("index.json");
    let text = fs::read_to_string(&path).unwrap().replace("app:2", "app:3");
    fs::write(&path, text).unwrap();
    assert_eq!(familiar(store.catalog().unwrap().images()), ["app:1", "app:3"]);
    fs::remove_file(&path).unwrap();
    assert!(store.catalog().unwrap().images().next().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_lose_no_name_and_no_blob() {
    let (_folder, store) = store();
    let tasks = (0..12).map(|n| {
        let store = Store::open(store.root());
        tokio::spawn(async move {
            let sample = Sample::image(&format!("{}", n % 4), "linux/amd64");
            sample.pull_as(&store, &format!("app:{n}")).await;
            store.tag(sample.descriptor(), &parse(&format!("tmp:{n}"))).await.unwrap();
            assert!(store.untag(&parse(&format!("tmp:{n}"))).await.unwrap());
            store.sweep().await.unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let images = store.images().unwrap();
    assert_eq!(images.len(), 12);
    for image in images {
        let repository = store.repository(&image.reference.unwrap().name);
        assert!(repository.is_complete(&image.descriptor).unwrap());
    }
}

#[tokio::test]
async fn a_broken_index_is_never_overwritten() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    sample.pull_as(&store, "app").await;
    for (name, content) in [("index.json", "{\"manifests\": [tr"), ("oci-layout", "nonsense")] {
        let path = store.root().join(name);
        let before = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        let tagged = store.tag(sample.descriptor(), &parse("new")).await.unwrap_err();
        for error in [store.images().unwrap_err(), store.sweep().await.unwrap_err(), tagged] {
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert_eq!(error.hint(), Some(Hint::FixFile { path: path.clone() }));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        fs::write(&path, before).unwrap();
    }
    fs::write(store.root().join("oci-layout"), r#"{"imageLayoutVersion":"2.0"}"#).unwrap();
    assert!(matches!(store.images(), Err(Error::Version { .. })));
}

#[tokio::test]
async fn a_file_where_the_store_should_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("file");
    fs::write(&root, "").unwrap();
    let store = Store::open(&root);
    let sample = Sample::image("x", "linux/amd64");
    let written = store.repository(&parse("app").name).create(&sample.blobs[0].0).await.err().unwrap();
    let read = store.images().unwrap_err();
    assert!(matches!(read.hint(), Some(Hint::CheckPath { path }) if path.starts_with(&root)));
    assert!(matches!(written.hint(), Some(Hint::CheckPath { path }) if path.starts_with(&root)));
}

#[tokio::test]
async fn a_plain_layout_is_named_verbatim() {
    let (_folder, store) = store();
    let samples = ["a", "b"].map(|text| Sample::image(text, "linux/amd64"));
    let missing = store.layout(None).resolve(&latest()).await.unwrap_err();
    assert_eq!(missing.to_string(), format!("directory {} does not exist", store.root().display()));
    fs::create_dir(store.root()).unwrap();
    let empty = store.layout(None).resolve(&latest()).await.unwrap_err();
    assert_eq!(empty.to_string(), format!("no image in {}", store.root().display()));
    samples[0].pull_to(&store.layout(None), &latest()).await;
    samples[0].pull_to(&store.layout(None), &latest()).await;
    let only = store.layout(None).resolve(&latest()).await.unwrap();
    assert_eq!(&only, samples[0].descriptor(), "no name is written");

    samples[1].pull_to(&store.layout(Some("v 1")), &latest()).await;
    let found = store.layout(Some("v 1")).resolve(&latest()).await.unwrap();
    assert_eq!(found.digest, samples[1].descriptor().digest);
    let several = store.layout(None).resolve(&latest()).await.unwrap_err();
    assert!(several.to_string().ends_with(&format!(": {}, v 1", only.digest)), "{several}");
    let absent = store.layout(Some("v2")).resolve(&latest()).await.unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    let by_digest = store.layout(None).resolve(&found.digest.clone().into()).await.unwrap();
    assert_eq!(by_digest.digest, found.digest);
}

#[tokio::test]
async fn foreign_layers_need_not_be_there() {
    let (_folder, store) = store();
    let mut sample = Sample::image("x", "windows/amd64");
    let foreign = MediaType::from("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".to_owned());
    let layer = Descriptor::new(foreign, Digest::sha256(b"elsewhere"), 9);
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": sample.blobs[0].0, "layers": [layer],
    });
    sample.root = crate::image::RawManifest::new(MediaType::OCI_MANIFEST, manifest.to_string().into());
    sample.pull_as(&store, "app").await;
    assert!(store.repository(&parse("app").name).is_complete(sample.descriptor()).unwrap());
}

#[tokio::test]
async fn a_half_written_blob_does_not_show() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    let repository = store.repository(&parse("app").name);
    let (blob, bytes) = &sample.blobs[0];
    let mut ingest = repository.create(blob).await.unwrap();
    ingest.write(bytes.slice(..5)).await.unwrap();
    drop(ingest);
    assert!(!repository.holds_blob(blob).await.unwrap());
    assert!(repository.open(blob, 0..5).await.is_err());
}
