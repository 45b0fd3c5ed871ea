use super::{Server, header, noise, refusal};
use crate::digest::Digest;

#[tokio::test]
async fn a_blob_comes_with_the_headers_of_registry_2() {
    let server = Server::start().await;
    let content = noise(300_000);
    let digest = server.push_blob("team/app", &content).await;
    let place = format!("/v2/team/app/blobs/{digest}");
    for method in ["GET", "HEAD"] {
        let answer = server.send(method, &place).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "docker-distribution-api-version"), "registry/2.0");
        assert_eq!(header(&answer, "docker-content-digest"), digest.as_str());
        assert_eq!(header(&answer, "etag"), format!("\"{digest}\""));
        assert_eq!(header(&answer, "accept-ranges"), "bytes");
        assert_eq!(header(&answer, "content-length"), "300000");
        assert_eq!(header(&answer, "content-type"), "application/octet-stream");
        let body = answer.bytes().await.unwrap();
        assert_eq!(body, if method == "GET" { content.as_slice() } else { b"" });
    }
    let known = server.request("GET", &place).header("if-none-match", format!("\"{digest}\""));
    assert_eq!(known.send().await.unwrap().status(), 304);
    server.stop().await;
}

#[tokio::test]
async fn parts_of_a_blob_are_sent_as_requested() {
    let server = Server::start().await;
    let content = noise(1000);
    let digest = server.push_blob("a", &content).await;
    let place = format!("/v2/a/blobs/{digest}");
    for (asked, range) in [("bytes=100-199", 100..200), ("bytes=900-", 900..1000), ("bytes=-10", 990..1000)] {
        let answer = server.request("GET", &place).header("range", asked).send().await.unwrap();
        assert_eq!(answer.status(), 206, "{asked}");
        let said = format!("bytes {}-{}/1000", range.start, range.end - 1);
        assert_eq!(header(&answer, "content-range"), said);
        assert_eq!(answer.bytes().await.unwrap(), content[range], "{asked}");
    }
    let beyond = server.request("GET", &place).header("range", "bytes=1000-").send().await.unwrap();
    assert_eq!((beyond.status().as_u16(), header(&beyond, "content-range").as_str()), (416, "bytes */1000"));
    for (name, value) in [("range", "bytes=1-2,4-5"), ("range", "junk")] {
        let whole = server.request("GET", &place).header(name, value).send().await.unwrap();
        assert_eq!(whole.status(), 200, "{value}");
    }
    let changed = server.request("GET", &place).header("range", "bytes=1-2").header("if-range", "\"other\"");
    assert_eq!(changed.send().await.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn the_empty_blob_is_a_blob() {
    let server = Server::start().await;
    let digest = server.push_blob("a", b"").await;
    let answer = server.send("GET", &format!("/v2/a/blobs/{digest}")).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-length").as_str()), (200, "0"));
    server.stop().await;
}

#[tokio::test]
async fn missing_content_is_refused_in_registry_2_s_words() {
    let server = Server::start().await;
    let digest = Digest::sha256(b"nothing");
    for (place, status, code) in [
        (format!("/v2/a/blobs/{digest}"), 404, "BLOB_UNKNOWN"),
        (format!("/v2/a/manifests/{digest}"), 404, "MANIFEST_UNKNOWN"),
        ("/v2/a/manifests/1".to_owned(), 404, "MANIFEST_UNKNOWN"),
        ("/v2/a/tags/list".to_owned(), 404, "NAME_UNKNOWN"),
        ("/v2/a/blobs/sha256:22".to_owned(), 400, "DIGEST_INVALID"),
        ("/v2/A/tags/list".to_owned(), 400, "NAME_INVALID"),
        ("/v2/a/manifests/.INVALID".to_owned(), 404, "MANIFEST_UNKNOWN"),
        ("/v3/".to_owned(), 404, "UNSUPPORTED"),
    ] {
        let answer = refusal(server.send("GET", &place).await).await;
        assert_eq!((answer.0, answer.1.as_str()), (status, code), "{place}");
        assert_eq!(server.status("HEAD", &place).await, status, "{place}");
    }
    assert_eq!(server.send("GET", "/v2/").await.text().await.unwrap(), "{}");
    assert_eq!(server.status("GET", "/").await, 200);
    let wrong = server.send("DELETE", "/v2/a/tags/list").await;
    assert_eq!((wrong.status().as_u16(), header(&wrong, "allow").as_str()), (405, "GET, HEAD"));
    server.stop().await;
}

#[tokio::test]
async fn http_2_is_spoken_as_well() {
    let server = Server::start().await;
    let digest = server.push_blob("a", &noise(100_000)).await;
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let place = format!("http://{}/v2/a/blobs/{digest}", server.address);
    let answer = client.get(place).send().await.unwrap();
    assert_eq!((answer.version(), answer.status().as_u16()), (reqwest::Version::HTTP_2, 200));
    assert_eq!(answer.bytes().await.unwrap(), noise(100_000));
    drop(client);
    server.stop().await;
}
