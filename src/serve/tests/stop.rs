use std::fs;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Server, noise};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::digest::Digest;
use crate::serve::{Error, Registry};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let server = Server::start().await;
    let digest = server.push_image("team/app", "1").await;
    let before = server.send("GET", "/v2/team/app/manifests/1").await.bytes().await.unwrap();
    let server = Server::start_in(server.stop().await).await;
    for selector in ["1", digest.as_str()] {
        let after = server.send("GET", &format!("/v2/team/app/manifests/{selector}")).await;
        assert_eq!(after.bytes().await.unwrap(), before);
    }
    let config = format!("/v2/team/app/blobs/{}", Digest::sha256(b"1"));
    assert_eq!(server.status("HEAD", &config).await, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_cuts_those_that_do_not() {
    let server = Server::start().await;
    let place = server.begin("a").await;
    let finishing = server.begin("a").await;
    let head =
        |place: &str| format!("PATCH {place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello");
    let mut stalled = TcpStream::connect(server.address).await.unwrap();
    stalled.write_all(head(&place).as_bytes()).await.unwrap();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(head(&finishing).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;

    let began = Instant::now();
    let stopping = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    slow.write_all(b"world").await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 202") && answer.contains("range: 0-9"), "{answer}");

    let root = stopping.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(matches!(stalled.read(&mut [0; 100]).await, Ok(0) | Err(_)));

    let server = Server::start_in(root).await;
    let kept = server.send("GET", &place).await;
    assert_eq!(super::header(&kept, "range"), "0-4", "the received bytes can be resumed");
    server.stop().await;
}

#[tokio::test]
async fn dropping_the_server_cuts_its_connections_and_frees_the_folder() {
    let server = Server::start().await;
    let content = noise(40_000_000);
    let digest = server.push_blob("a", &content).await;
    let mut download = server.send("GET", &format!("/v2/a/blobs/{digest}")).await;
    download.chunk().await.unwrap();
    server.task.abort();
    let cut = async { while let Ok(Some(_)) = download.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(5), cut).await.unwrap();
    drop(download);
    for _ in 0..100 {
        if Registry::open(server.root.path()).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the folder is still in use");
}

#[tokio::test]
async fn a_folder_is_served_once_and_never_if_it_is_something_else() {
    let root = TempDir::new().unwrap();
    let registry = Registry::open(root.path()).await.unwrap();
    assert!(matches!(Registry::open(root.path()).await, Err(Error::InUse { .. })));
    drop(registry);
    Registry::open(root.path()).await.unwrap();

    let other = TempDir::new().unwrap();
    fs::create_dir_all(other.path().join("blobs/sha256")).unwrap();
    let blob = other.path().join("blobs/sha256").join(Digest::sha256(b"precious").hex());
    fs::write(&blob, "precious").unwrap();
    let error = Registry::open(other.path()).await.unwrap_err();
    assert!(matches!(error, Error::NotARegistry { .. }));
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(fs::read_to_string(blob).unwrap(), "precious");

    let new = root.path().join("deep/down");
    Registry::open(&new).await.unwrap();
    assert!(new.join("registry.json").exists());
}

#[tokio::test]
async fn opening_sweeps_what_was_abandoned() {
    let server = Server::start().await;
    let (old, young) = (server.begin("a").await, server.begin("a").await);
    let root = server.stop().await;
    let file = |place: &str| {
        let session = place.rsplit('/').next().unwrap();
        let folder = root.path().join("uploads").join(Digest::sha256(b"a").hex());
        folder.join(session)
    };
    let week_ago = std::time::SystemTime::now() - Duration::from_secs(8 * 24 * 60 * 60);
    fs::File::options().write(true).open(file(&old)).unwrap().set_modified(week_ago).unwrap();
    fs::create_dir_all(root.path().join("parts")).unwrap();
    fs::write(root.path().join("parts/write-left"), "half").unwrap();

    let server = Server::start_in(root).await;
    assert_eq!(server.status("GET", &old).await, 404);
    assert_eq!(server.status("GET", &young).await, 204);
    assert!(!server.root.path().join("parts/write-left").exists());
    server.stop().await;
}
