use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{Server, header, noise, refusal};
use crate::digest::{Algorithm, Digest, Hasher};

/// Sends the head of a PATCH that announces `promised` bytes, and `sent` of them.
async fn broken_patch(server: &Server, place: &str, promised: usize, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("PATCH {place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {promised}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(sent).await.unwrap();
    stream
}

/// Polls the progress of an upload until it matches, for a few seconds.
async fn wait_for_range(server: &Server, place: &str, range: &str) {
    let mut seen = String::new();
    for _ in 0..100 {
        let status = server.send("GET", place).await;
        assert_eq!(status.status(), 204);
        seen = header(&status, "range");
        if seen == range {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{seen} instead of {range}");
}

#[tokio::test]
async fn a_blob_is_pushed_in_one_request_in_two_or_in_chunks() {
    let server = Server::start().await;
    let content = noise(1000);
    let digest = Digest::sha256(&content);
    let at = |name: &str| format!("/v2/{name}/blobs/{digest}");

    server.push_blob("one", &content).await;

    let place = server.begin("two").await;
    let put = server.request("PUT", &format!("{place}?digest={digest}")).body(content.clone());
    let put = put.send().await.unwrap();
    assert_eq!((put.status().as_u16(), header(&put, "location")), (201, at("two")));
    assert_eq!(header(&put, "docker-content-digest"), digest.as_str());

    let place = server.begin("three").await;
    for part in [0..400, 400..999] {
        let range = format!("{}-{}", part.start, part.end - 1);
        let chunk = server
            .request("PATCH", &place)
            .header("content-range", range)
            .body(content[part.clone()].to_vec());
        let patched = chunk.send().await.unwrap();
        assert_eq!(patched.status(), 202);
        assert_eq!(header(&patched, "range"), format!("0-{}", part.end - 1));
        assert_eq!(header(&patched, "location"), place);
        assert!(place.ends_with(&header(&patched, "docker-upload-uuid")));
    }
    wait_for_range(&server, &place, "0-998").await;
    let last = server.request("PUT", &format!("{place}?digest={digest}")).header("content-range", "999-999");
    assert_eq!(last.body(content[999..].to_vec()).send().await.unwrap().status(), 201);
    assert_eq!(server.status("GET", &place).await, 404, "the upload is over");

    for name in ["one", "two", "three"] {
        assert_eq!(server.send("GET", &at(name)).await.bytes().await.unwrap(), content, "{name}");
    }
    assert_eq!(server.status("HEAD", &at("four")).await, 404, "visible only where it was pushed");
    server.stop().await;
}

#[tokio::test]
async fn a_cut_upload_resumes_at_the_byte_it_had_reached() {
    let server = Server::start().await;
    let content = noise(1_000_000);
    let digest = Digest::sha256(&content);
    let place = server.begin("a").await;
    drop(broken_patch(&server, &place, content.len(), &content[..600_000]).await);
    wait_for_range(&server, &place, "0-599999").await;

    let rest = server.request("PATCH", &place).header("content-range", "600000-999999");
    assert_eq!(rest.body(content[600_000..].to_vec()).send().await.unwrap().status(), 202);
    assert_eq!(server.status("PUT", &format!("{place}?digest={digest}")).await, 201);
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_asks_for_an_upload_takes_it_from_a_stalled_request() {
    let server = Server::start().await;
    let place = server.begin("a").await;
    // The connection stays open and sends nothing more.
    let stalled = broken_patch(&server, &place, 100, b"hello").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    wait_for_range(&server, &place, "0-4").await;
    let digest = Digest::sha256(b"hello");
    assert_eq!(server.status("PUT", &format!("{place}?digest={digest}")).await, 201);
    drop(stalled);
    server.stop().await;
}

#[tokio::test]
async fn an_upload_survives_a_restart() {
    let server = Server::start().await;
    let content = noise(500_000);
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(&content);
        let digest = hasher.finish();
        let place = server.begin("a").await;
        let first = server.request("PATCH", &place).body(content[..300_000].to_vec());
        assert_eq!(first.send().await.unwrap().status(), 202);
        let put =
            server.request("PUT", &format!("{place}?digest={digest}")).body(content[300_000..].to_vec());
        assert_eq!(put.send().await.unwrap().status(), 201, "{algorithm}");
    }
    let place = server.begin("b").await;
    let first = server.request("PATCH", &place).body(content[..300_000].to_vec());
    assert_eq!(first.send().await.unwrap().status(), 202);

    let server = Server::start_in(server.stop().await).await;
    wait_for_range(&server, &place, "0-299999").await;
    let digest = Digest::sha256(&content);
    let put = server.request("PUT", &format!("{place}?digest={digest}")).body(content[300_000..].to_vec());
    assert_eq!(put.send().await.unwrap().status(), 201);
    assert_eq!(server.send("GET", &format!("/v2/b/blobs/{digest}")).await.bytes().await.unwrap(), content);
    server.stop().await;
}

#[tokio::test]
async fn chunks_that_do_not_fit_are_refused_and_leave_nothing() {
    let server = Server::start().await;
    let place = server.begin("a").await;
    let chunk = |range: &'static str, content: &'static str| {
        server.request("PATCH", &place).header("content-range", range).body(content).send()
    };
    assert_eq!(chunk("0-4", "hello").await.unwrap().status(), 202);
    for range in ["0-4", "4-8", "6-10", "junk", "5-"] {
        let refused = chunk(range, "world").await.unwrap();
        assert_eq!(header(&refused, "range"), "0-4", "{range}");
        assert_eq!(header(&refused, "location"), place);
        assert_eq!(refusal(refused).await.0, 416, "{range}");
    }
    let too_short = refusal(chunk("5-99", "world").await.unwrap()).await;
    assert_eq!((too_short.0, too_short.1.as_str()), (400, "SIZE_INVALID"));
    for length in [3, 9] {
        // Without a length in the head, only the body itself shows its size.
        let body = reqwest::Body::wrap_stream(futures_util::stream::once(async move {
            Ok::<_, std::io::Error>(vec![b'x'; length])
        }));
        let request = server.request("PATCH", &place).header("content-range", "5-9").body(body);
        assert_eq!(refusal(request.send().await.unwrap()).await.1, "SIZE_INVALID");
        wait_for_range(&server, &place, "0-4").await;
    }
    let digest = Digest::sha256(b"hello");
    assert_eq!(server.status("PUT", &format!("{place}?digest={digest}")).await, 201);
    server.stop().await;
}

#[tokio::test]
async fn content_that_does_not_match_its_digest_is_dropped() {
    let server = Server::start().await;
    let other = Digest::sha256(b"other");
    let place = server.begin("a").await;
    for (query, detail) in [("", "digest missing"), ("?digest=x", "digest parsing failed")] {
        let (status, code, said) = refusal(server.send("PUT", &format!("{place}{query}")).await).await;
        assert_eq!((status, code.as_str(), said.as_str()), (400, "DIGEST_INVALID", Some(detail)));
    }
    let put = server.request("PUT", &format!("{place}?digest={other}")).body("hello").send().await.unwrap();
    assert_eq!(refusal(put).await.1, "DIGEST_INVALID");
    assert_eq!(server.status("GET", &place).await, 404);
    let post = server.request("POST", &format!("/v2/a/blobs/uploads/?digest={other}")).body("hello");
    assert_eq!(refusal(post.send().await.unwrap()).await.1, "DIGEST_INVALID");
    assert_eq!(server.status("HEAD", &format!("/v2/a/blobs/{other}")).await, 404);
    let uploads = crate::store::disk::names_in(&server.root.path().join("uploads")).unwrap();
    for folder in uploads {
        let left = crate::store::disk::names_in(&server.root.path().join("uploads").join(folder)).unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_upload_that_was_given_up_is_gone() {
    let server = Server::start().await;
    let place = server.begin("a").await;
    let elsewhere = place.replace("/v2/a/", "/v2/b/");
    assert_eq!(server.status("DELETE", &elsewhere).await, 404, "it belongs to its repository");
    assert_eq!(server.status("DELETE", &place).await, 204);
    let (status, code, _) = refusal(server.send("DELETE", &place).await).await;
    assert_eq!((status, code.as_str()), (404, "BLOB_UPLOAD_UNKNOWN"));
    for session in ["nosuch", "..", "%2e%2e%2f%2e%2e", "a%00b", "../../registry.json"] {
        let place = format!("/v2/a/blobs/uploads/{}", session.replace('/', "%2f"));
        for method in ["GET", "PATCH", "PUT", "DELETE"] {
            let status = server.status(method, &place).await;
            assert!((400..500).contains(&status), "{method} {session}: {status}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_mount_makes_a_blob_visible_there_and_nowhere_else() {
    let server = Server::start().await;
    let digest = server.push_blob("a", b"hello").await;
    let mount = |query: String| server.request("POST", &format!("/v2/b/blobs/uploads/?{query}")).send();
    let nothing = Digest::sha256(b"nothing");
    for query in [
        format!("mount={nothing}&from=a"),
        format!("mount={digest}&from=nosuch"),
        format!("mount={digest}&from=A"),
        format!("mount={digest}"),
        "mount=x&from=a".to_owned(),
    ] {
        let begun = mount(query.clone()).await.unwrap();
        assert_eq!((begun.status().as_u16(), header(&begun, "range").as_str()), (202, "0-0"), "{query}");
        assert_eq!(server.status("DELETE", &header(&begun, "location")).await, 204);
    }
    assert_eq!(server.status("HEAD", &format!("/v2/b/blobs/{digest}")).await, 404);

    let mounted = mount(format!("mount={digest}&from=a")).await.unwrap();
    assert_eq!(mounted.status(), 201);
    assert_eq!(header(&mounted, "location"), format!("/v2/b/blobs/{digest}"));
    assert_eq!(server.status("HEAD", &format!("/v2/b/blobs/{digest}")).await, 200);
    assert_eq!(server.status("HEAD", &format!("/v2/c/blobs/{digest}")).await, 404);

    assert_eq!(server.status("DELETE", &format!("/v2/a/blobs/{digest}")).await, 202);
    assert_eq!(server.status("DELETE", &format!("/v2/a/blobs/{digest}")).await, 404);
    let server = Server::start_in(server.stop().await).await;
    assert_eq!(server.send("GET", &format!("/v2/b/blobs/{digest}")).await.text().await.unwrap(), "hello");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_may_push_one_blob_concurrently() {
    let server = Server::start().await;
    let content = noise(2_000_000);
    let pushes = (0..8).map(|index| {
        let (server, content) = (&server, &content);
        async move { server.push_blob(&format!("repo{}", index % 3), content).await }
    });
    let digests = futures_util::future::join_all(pushes).await;
    let place = format!("/v2/repo1/blobs/{}", digests[0]);
    assert_eq!(server.send("GET", &place).await.bytes().await.unwrap(), content);
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_sends_too_much_still_reads_the_response() {
    let server = Server::start().await;
    let request = server.request("PATCH", "/v2/a/blobs/uploads/nosuch").body(vec![0; 8_000_000]);
    assert_eq!(request.send().await.unwrap().status(), 404);
    server.stop().await;
}
