//! The order of a copy: blobs by size, manifests by nesting.

use super::*;
use crate::image::Manifest;
use crate::transfer::copy::in_order;

#[test]
fn small_blobs_go_first_and_of_all_others_the_largest() {
    let blob = |size: u64| {
        let digest = Digest::sha256(size.to_string().as_bytes());
        Descriptor::new(MediaType::OCI_LAYER_GZIP, digest, size)
    };
    let sizes = [5 << 20, 100, 1 << 30, 1 << 20, 2 << 20, 100, (1 << 20) + 1, 0];
    let ordered = in_order(&sizes.map(blob));
    let ordered: Vec<u64> = ordered.iter().map(|blob| blob.size).collect();
    assert_eq!(ordered, [1 << 20, 100, 0, 1 << 30, 5 << 20, 2 << 20, (1 << 20) + 1], "each once");
}

#[tokio::test]
async fn images_go_before_indexes_and_an_index_before_those_that_hold_it() {
    let source = Memory::default();
    let images = ["linux/amd64", "linux/arm64", "linux/s390x"].map(|platform| {
        let layer = source.insert(platform);
        insert_image(&source, &[layer], Some(platform))
    });
    let inner = insert_index(&source, &images[..1]);
    let outer = insert_index(&source, &[images[1].clone(), inner.clone()]);
    // The inner index is listed before the one that contains it.
    let root = insert_index(&source, &[inner.clone(), outer.clone(), images[2].clone()]);

    let plan = Plan::make(&source, &root, &Platforms::All).await.unwrap();

    let order: Vec<_> = plan.manifests.iter().map(|raw| &raw.descriptor().digest).collect();
    let expected = [&images[0], &images[1], &images[2], &inner, &outer, &root].map(|part| &part.digest);
    assert_eq!(order, expected);
    assert!(plan.images.iter().map(|image| &image.digest).eq(expected[..3].iter().copied()), "each once");
}

#[tokio::test]
async fn r2_a_narrowed_plan_lists_only_its_content_and_keeps_all_else() {
    let source = Memory::default();
    let images = ["linux/amd64", "linux/arm64", "linux/s390x"].map(|platform| {
        let layer = source.insert(platform);
        insert_image(&source, &[layer], Some(platform))
    });
    let inner = insert_index(&source, &[images[2].clone(), images[0].clone()]);
    let mut embedded = json(&inner);
    embedded["data"] = "e30=".into();
    let document = serde_json::json!({
        "schemaVersion": 2, "annotations": {"a": "b"}, "mediaType": MediaType::OCI_INDEX, "x-unknown": [1],
        "manifests": [json(&images[1]), embedded, json(&images[2])],
    });
    let raw = RawManifest::new(MediaType::OCI_INDEX, document.to_string().into());
    let root = source.insert_manifest(raw, Some(latest()));

    let all = Plan::make(&source, &root, &Platforms::All).await.unwrap();
    assert_eq!(all.clone().narrowed().unwrap().manifests, all.manifests, "a complete index is unchanged");

    let listed = [&inner, &images[0], &images[1]].map(|part| part.digest.clone());
    let plan = Plan::make(&source, &root, &Platforms::Listed(listed.into())).await.unwrap();
    let narrowed = plan.clone().narrowed().unwrap();

    let [_, _, new_inner, new_root] = &narrowed.manifests[..] else { panic!("{:?}", narrowed.manifests) };
    let mut expected = document;
    expected["manifests"] = serde_json::json!([json(&images[1]), json(new_inner.descriptor())]);
    assert_eq!(String::from_utf8_lossy(new_root.bytes()), expected.to_string());
    let Manifest::Index(index) = new_inner.parse().unwrap() else { panic!("it is an index") };
    assert_eq!(index.manifests, images[..1]);
    assert_eq!((narrowed.images, narrowed.blobs), (plan.images, plan.blobs));
}
