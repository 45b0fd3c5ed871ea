//! Several copies that share their line and the content on its way.

use futures_util::future::join_all;

use super::*;

/// Adds so many images of four layers. All images share two of them. Returns the images, and their other layers.
fn family(source: &Memory, images: u8) -> (Vec<Descriptor>, Vec<Descriptor>) {
    let common = [source.insert(vec![1; 1000]), source.insert(vec![2; 2000])];
    let own = |number: u8| [3, 4].map(|layer| source.insert([vec![layer; 500], vec![number]].concat()));
    let own: Vec<_> = (0..images).map(own).collect();
    let images = own.iter().map(|own| insert_image(source, &[&common[..], own].concat(), None)).collect();
    (images, own.concat())
}

async fn copy_together(
    source: &Memory,
    target: &Memory,
    images: &[Descriptor],
    options: &Options,
) -> Vec<Result<Outcome, Error>> {
    let sharing = Sharing::default();
    let one = async |image: &Descriptor| {
        let ends = Ends {
            source: Arc::new(source.clone()),
            target: Arc::new(target.clone()),
            observer: Arc::new(Silent),
        };
        let plan = Plan::make(source, image, &Platforms::All).await?;
        let shared = SharedOptions { options, sharing: sharing.clone() };
        copy_sharing(ends, plan, &Selector::Digest(image.digest.clone()), shared).await
    };
    join_all(images.iter().map(one)).await
}

#[tokio::test]
async fn sixty_four_copies_between_registries_move_each_blob_once() {
    let source = Memory::default();
    let (images, own) = family(&source, 64);
    let target = Memory::default().named("127.0.0.1:1/app".parse::<Reference>().unwrap().name);
    // As between registries: a check would read the config for each image.
    let options = Options { layers: Layers::AsTheyAre, ..Options::default() };
    let copied = copy_together(&source, &target, &images, &options).await;
    let moved: u64 = copied.into_iter().map(|outcome| outcome.unwrap().moved).sum();
    assert_eq!(moved, source.sent());
    assert_eq!(source.opened(), 1 + 2 + own.len() as u64, "a config, the common layers, the own ones");
    assert_eq!(target.tags().len(), images.len());
}

#[tokio::test]
async fn a_copy_that_fails_leaves_the_others() {
    let source = Memory::default();
    let (mut images, own) = family(&source, 8);
    let lost = Memory::default().insert(vec![5; 100]);
    images.insert(0, insert_image(&source, &[source.insert(vec![1; 1000]), own[0].clone(), lost], None));
    let target = Memory::default();
    let copied = copy_together(&source, &target, &images, &Options::default()).await;
    assert!(copied[0].is_err() && copied[1..].iter().all(Result::is_ok));
    assert_eq!(target.tags().len(), images.len() - 1);
}

#[tokio::test]
async fn one_connection_is_enough_for_all_copies() {
    let source = Memory::default();
    let (images, _) = family(&source, 16);
    let options = Options { jobs: Jobs::Fixed(NonZeroUsize::MIN), ..Options::default() };
    let target = Memory::default();
    assert!(copy_together(&source, &target, &images, &options).await.iter().all(Result::is_ok));
}
