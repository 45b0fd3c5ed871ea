//! The order of a copy: blobs by size, manifests by nesting.

use super::*;
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
