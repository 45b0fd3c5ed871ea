//! Properties that hold wherever connections are cut, and however a blob is split.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::content::Target;

/// The config of the only image here.
const CONFIG: u64 = r#"{"os":"None"}"#.len() as u64;

/// The size of a chunk that a memory source returns.
const CHUNK: u64 = 64;

/// Leaves the first bytes of the layer at the target, as an interrupted copy does.
async fn leave_partial(target: &Memory, layer: &Descriptor, content: &[u8]) {
    let mut writer = target.create(layer).await.unwrap();
    writer.write(content.to_vec().into()).await.unwrap();
}

/// Copies an image of one layer, and returns how many bytes of blobs were read.
fn sent(length: usize, left: usize, cuts: &[u64], options: Options) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let source = cuts.iter().fold(Memory::default(), |memory, cut| memory.cutting_at(*cut));
        let layer = source.insert(numbered(length));
        insert_image(&source, std::slice::from_ref(&layer), None);
        let target = Memory::default();
        if left > 0 {
            leave_partial(&target, &layer, &numbered(length)[..left]).await;
        }

        copy_all(&source, &target, options).await.outcome.unwrap();

        assert!(target.blob(&layer.digest).unwrap() == numbered(length));
        assert_eq!(target.tags(), [latest()]);
        source.sent()
    })
}

proptest! {
    // Each cut costs a wait, as it does in the field.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn wherever_one_stream_is_cut_each_byte_comes_once(
        length in 1..4000_usize,
        left in 0..1000_usize,
        cuts in prop::collection::vec(20..4000_u64, 0..4),
    ) {
        let left = left.min(length);
        let sent = sent(length, left, &cuts, Options::default());
        prop_assert_eq!(sent, (length - left) as u64 + CONFIG);
    }

    #[test]
    fn however_a_blob_is_split_its_bytes_arrive_in_order(
        length in 1..6000_usize,
        left in 0..1000_usize,
        (piece_in_order, window) in (1..700_u64, 0..3000_u64),
        jobs in 1..9_usize,
        cuts in prop::collection::vec(20..6000_u64, 0..3),
    ) {
        let left = left.min(length);
        let splitting =
            Splitting { from: 0, below: None, after: Duration::ZERO, piece_in_order, window, ..Splitting::default() };
        let jobs = Jobs::Fixed(NonZeroUsize::new(jobs).unwrap());
        let sent = sent(length, left, &cuts, Options { splitting, jobs, ..Options::default() });
        let needed = (length - left) as u64 + CONFIG;
        // A stream that is split has one chunk in flight; one that is cut resumes where it was.
        prop_assert!((needed..=needed + CHUNK * (1 + cuts.len() as u64)).contains(&sent), "{sent} of {needed}");
    }
}
