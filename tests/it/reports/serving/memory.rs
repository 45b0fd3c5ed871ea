//! What clients may make the registry keep in memory, and whom they may make wait.

use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::{eventually, sha256};

use super::{PATIENCE, Served, folder, image, send};

/// The most memory that a server may take, whatever its clients do.
const MEMORY: u64 = 200 << 20;

/// How many manifests refer to one.
const REFERRERS: usize = 60;

/// Follows the pages of a list of referrers, and returns the digests on each.
fn pages(host: &str, place: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(place.to_owned()));
    while let Some(place) = next {
        let reply = send(host, &format!("GET {place} HTTP/1.1\r\n"), b"");
        assert_eq!(reply.status, 200, "{}", reply.head);
        assert_eq!(reply.header("content-length").unwrap(), reply.body.len().to_string());
        assert!(reply.body.len() <= 4 << 20, "clients take indexes of 4 MiB: {}", reply.head);
        let document: Value = reply.json();
        let manifests = document["manifests"].as_array().unwrap();
        pages.push(manifests.iter().map(|entry| entry["digest"].as_str().unwrap().to_owned()).collect());
        next = reply.header("link").map(|link| link[1..link.find('>').unwrap()].to_owned());
        assert!(pages.len() <= REFERRERS, "pages without an end");
    }
    pages
}

#[test]
fn s12_referrers_with_megabytes_of_annotations_come_in_pages_and_take_little_memory() {
    let root = folder();
    let served = Served::local(root.path());
    let subject = served.push_image("team/app", "1");
    let about = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": subject,
        "size": image().to_string().len(),
    });
    let mut expected = Vec::new();
    for index in 0..REFERRERS {
        let mut manifest = image();
        manifest["subject"] = about.clone();
        manifest["artifactType"] = json!(if index % 20 == 0 { "test/rare" } else { "test/usual" });
        let text = format!("{index:04}").repeat((4 << 20) / 4 - 40_000);
        manifest["annotations"] = json!({ "text": text });
        expected.push((served.push_manifest("team/app", None, &manifest), index % 20 == 0));
    }
    expected.sort();
    let place = format!("/v2/team/app/referrers/{subject}");
    let digests = |rare: bool| {
        let wanted = expected.iter().filter(|(_, is_rare)| *is_rare || !rare);
        wanted.map(|(digest, _)| digest.clone()).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(pages(&served.host, &place).concat(), digests(false)));
        }
    });
    let rare = pages(&served.host, &format!("{place}?artifactType=test%2Frare"));
    assert_eq!(rare.concat(), digests(true));
    assert!(served.peak() <= MEMORY, "{} MiB", served.peak() >> 20);
}

/// Opens connections with 200 streams each that ask for `path`, and reads nothing from them until `look` is done.
fn read_nothing(host: &str, path: &str, streams: usize, look: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut kept = Vec::new();
        for _ in 0..streams / 200 {
            let line = tokio::net::TcpStream::connect(host).await.unwrap();
            let mut client = h2::client::Builder::new();
            client
                .initial_max_send_streams(200)
                .initial_window_size(1 << 30)
                .initial_connection_window_size(1 << 30);
            let (mut send, mut connection) = client.handshake::<_, bytes::Bytes>(line).await.unwrap();
            let url = format!("http://{host}{path}");
            let mut responses = Vec::new();
            for _ in 0..200 {
                let request = axum::http::Request::get(&url).body(()).unwrap();
                responses.push(send.send_request(request, true).unwrap().0);
            }
            // The requests are sent, and then the connection is never looked at again.
            for _ in 0..3 {
                let turn = std::future::poll_fn(|context| {
                    let _ = std::future::Future::poll(std::pin::Pin::new(&mut connection), context);
                    std::task::Poll::Ready(())
                });
                turn.await;
                tokio::task::yield_now().await;
            }
            kept.push((send, connection, responses));
        }
        look();
    });
}

#[test]
fn s12_streams_that_read_nothing_take_little_memory_and_others_are_served() {
    let root = folder();
    let arguments = ["--addr", "127.0.0.1:0", "--debug"];
    let served = Served::start(root.path(), &arguments);
    served.push_image("team/app", "1");
    let blob = served.push_blob("team/app", &vec![7; 8 << 20]);
    let mut large = image();
    large["annotations"] = json!({ "text": "x".repeat(256 << 10) });
    served.push_manifest("team/app", Some("large"), &large);
    for path in [format!("/v2/team/app/blobs/{blob}"), "/v2/team/app/manifests/large".to_owned()] {
        read_nothing(&served.host, &path, 2000, || {
            let all = || (answered(&served, &path) >= 2000).then_some(());
            eventually(PATIENCE, all).expect("each is answered as far as its client reads");
            for _ in 0..3 {
                let whole = served.send(&format!("GET /v2/team/app/blobs/{blob} HTTP/1.1\r\n"), b"");
                assert_eq!((whole.status, sha256(&whole.body)), (200, blob.clone()));
            }
        });
        assert!(served.peak() <= MEMORY, "{path}: {} MiB", served.peak() >> 20);
    }
}

/// How many requests for `path` the server says that it has begun to answer.
fn answered(served: &Served, path: &str) -> usize {
    served.told().lines().filter(|line| line.starts_with("debug: answered") && line.contains(path)).count()
}

#[test]
fn s12_silent_connections_make_room_for_those_that_ask_something() {
    let root = folder();
    let served = Served::local(root.path());
    served.push_image("team/app", "1");
    let silent: Vec<_> = (0..600).map(|_| TcpStream::connect(&served.host).unwrap()).collect();
    // Each takes a connection of its own, and would wait for minutes for one of those to end.
    for _ in 0..20 {
        assert_eq!(served.send("GET /v2/team/app/manifests/1 HTTP/1.1\r\n", b"").status, 200);
    }
    let closed = silent.iter().filter(|connection| {
        connection.set_nonblocking(true).unwrap();
        !matches!(connection.peek(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    });
    let closed = closed.count();
    assert!(closed >= 600 - 512, "{closed} were asked to make room");
    assert!(served.peak() <= MEMORY, "{} MiB", served.peak() >> 20);
}
