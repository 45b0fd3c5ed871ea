use std::fs::{self, File};
use std::future::Future;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

use super::{Sample, parse, store};
use crate::reference::Reference;
use crate::store::lock::Lock;
use crate::store::{Error, Store};

/// Counts how often index.json was replaced.
struct Writes(rustix::fd::OwnedFd);

impl Writes {
    fn watch(store: &Store) -> Self {
        let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, store.root(), WatchFlags::MOVED_TO).unwrap();
        Self(watch)
    }

    fn count(&self) -> usize {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 8192];
        let mut events = Reader::new(&self.0, &mut buffer);
        let is_index =
            |name: Option<&std::ffi::CStr>| name.is_some_and(|name| name.to_bytes() == b"index.json");
        let mut count = 0;
        while let Ok(event) = events.next() {
            count += usize::from(is_index(event.file_name()));
        }
        count
    }
}

fn names(count: usize) -> Vec<Reference> {
    (0..count).map(|number| parse(&format!("app:{number}"))).collect()
}

fn called(store: &Store) -> Vec<String> {
    super::familiar(store.catalog().unwrap().images())
}

/// Runs `work` while the lock of index.json is taken, as by another process, until the work waits for it.
async fn behind_a_lock<T>(store: &Store, work: impl Future<Output = T>, then: impl FnOnce()) -> T {
    let lock = Lock::try_exclusive(&store.lock_path("index")).unwrap().unwrap();
    let release = async {
        tokio::task::yield_now().await;
        then();
        drop(lock);
    };
    tokio::join!(work, release).0
}

#[tokio::test]
async fn names_that_come_together_are_written_together() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    sample.pull_as(&store, "app:0").await;
    let writes = Writes::watch(&store);
    let names = names(40);
    let tags = join_all(names.iter().map(|name| store.tag(sample.descriptor(), name)));

    let tagged = behind_a_lock(&store, tags, || ()).await;

    assert!(tagged.iter().all(Result::is_ok), "{tagged:?}");
    assert_eq!(writes.count(), 1);
    let familiar: Vec<_> = names.iter().map(Reference::familiar).collect();
    assert_eq!(called(&Store::open(store.root())), familiar, "in the order in which they came");
}

#[tokio::test]
async fn a_failed_write_fails_every_name_and_the_next_attempt_writes_them() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    sample.pull_as(&store, "app:0").await;
    let (parts, names) = (store.root().join("parts"), names(8));
    let tag = || join_all(names[1..].iter().map(|name| store.tag(sample.descriptor(), name)));
    let spoil = || {
        fs::remove_dir_all(&parts).unwrap();
        File::create(&parts).unwrap();
    };

    let failed = behind_a_lock(&store, tag(), spoil).await;

    assert!(failed.iter().all(|result| matches!(result, Err(Error::Io { .. }))), "{failed:?}");
    assert_eq!(called(&store), ["app:0"]);
    fs::remove_file(&parts).unwrap();
    assert!(tag().await.iter().all(Result::is_ok));
    assert_eq!(called(&Store::open(store.root())).len(), names.len());
}

#[tokio::test]
async fn a_name_that_is_no_longer_wanted_is_not_written_with_the_others() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    sample.pull_as(&store, "app:0").await;
    let (dropped, kept) = (parse("app:dropped"), parse("app:kept"));
    let both = async {
        let dropped = store.tag(sample.descriptor(), &dropped).now_or_never();
        assert!(dropped.is_none(), "the lock is taken");
        store.tag(sample.descriptor(), &kept).await
    };

    behind_a_lock(&store, both, || ()).await.unwrap();

    assert_eq!(called(&store), ["app:0", "app:kept"]);
}
