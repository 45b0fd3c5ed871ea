use serde_json::json;

use super::{Server, header, image, json_of, refusal};
use crate::digest::{Algorithm, Digest, Hasher};
use crate::image::MediaType;

#[tokio::test]
async fn a_manifest_is_kept_byte_for_byte_with_its_type() {
    let server = Server::start().await;
    server.push_blob("a", b"config").await;
    let document = image(b"config").replace(",\"layers", " ,\n \"layers");
    let digest = Digest::sha256(document.as_bytes());
    let put = server.put_manifest("/v2/a/manifests/1", &MediaType::OCI_MANIFEST, &document).await;
    assert_eq!(put.status(), 201);
    assert_eq!(header(&put, "docker-content-digest"), digest.as_str());
    assert_eq!(header(&put, "location"), format!("/v2/a/manifests/{digest}"));
    for place in ["/v2/a/manifests/1".to_owned(), format!("/v2/a/manifests/{digest}")] {
        for method in ["GET", "HEAD"] {
            let answer = server.send(method, &place).await;
            assert_eq!(header(&answer, "content-type"), MediaType::OCI_MANIFEST.as_str());
            assert_eq!(header(&answer, "docker-content-digest"), digest.as_str());
            assert_eq!(header(&answer, "content-length"), document.len().to_string());
            assert_eq!(answer.text().await.unwrap(), if method == "GET" { &document } else { "" });
        }
        let known = server.request("GET", &place).header("if-none-match", format!("\"{digest}\""));
        assert_eq!(known.send().await.unwrap().status(), 304);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_manifest_is_refused_while_content_is_missing() {
    let server = Server::start().await;
    let elsewhere = server.push_blob("other", b"config").await;
    let document = image(b"config");
    let put = server.put_manifest("/v2/a/manifests/1", &MediaType::OCI_MANIFEST, &document).await;
    let missing = (400, "MANIFEST_BLOB_UNKNOWN".to_owned(), json!(elsewhere));
    assert_eq!(refusal(put).await, missing);

    let child = Digest::sha256(document.as_bytes());
    let index = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_INDEX,
        "manifests": [{ "mediaType": MediaType::OCI_MANIFEST, "digest": child, "size": document.len() }],
    })
    .to_string();
    let put = server.put_manifest("/v2/a/manifests/i", &MediaType::OCI_INDEX, &index).await;
    assert_eq!(refusal(put).await, (400, "MANIFEST_BLOB_UNKNOWN".to_owned(), json!(child)));
    assert_eq!(server.get_json("/v2/_catalog").await, json!({ "repositories": [] }));

    server.push_blob("a", b"config").await;
    let place = format!("/v2/a/manifests/{child}");
    assert_eq!(server.put_manifest(&place, &MediaType::OCI_MANIFEST, &document).await.status(), 201);
    assert_eq!(server.put_manifest("/v2/a/manifests/i", &MediaType::OCI_INDEX, &index).await.status(), 201);
    assert_eq!(server.get_json("/v2/a/tags/list").await, json!({ "name": "a", "tags": ["i"] }));
    server.stop().await;
}

#[tokio::test]
async fn anything_but_a_manifest_is_refused() {
    let server = Server::start().await;
    server.push_blob("a", b"config").await;
    let document = image(b"config");
    let wrong_size = document.replace("\"size\":6", "\"size\":7");
    let place = "/v2/a/manifests/1";
    let oci = MediaType::OCI_MANIFEST;
    for (media_type, document, code) in [
        (&oci, "", "MANIFEST_INVALID"),
        (&oci, "{", "MANIFEST_INVALID"),
        (&oci, "{}", "MANIFEST_INVALID"),
        (&MediaType::from_header("text/plain"), &document, "MANIFEST_INVALID"),
        (&MediaType::OCI_INDEX, &document, "MANIFEST_INVALID"),
        (&oci, &wrong_size, "SIZE_INVALID"),
    ] {
        let (status, said, _) = refusal(server.put_manifest(place, media_type, document).await).await;
        assert_eq!((status, said.as_str()), (400, code), "{document}");
    }
    let other = format!("/v2/a/manifests/{}", Digest::sha256(b"other"));
    let (status, code, _) = refusal(server.put_manifest(&other, &oci, &document).await).await;
    assert_eq!((status, code.as_str()), (400, "DIGEST_INVALID"));
    let (status, code, _) = refusal(server.put_manifest("/v2/a/manifests/-x", &oci, &document).await).await;
    assert_eq!((status, code.as_str()), (400, "TAG_INVALID"));

    let large = format!("{document}{}", " ".repeat(4 * 1024 * 1024));
    assert_eq!(server.put_manifest(place, &oci, &large).await.status(), 413);
    assert_eq!(server.status("GET", place).await, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_manifest_may_be_addressed_by_sha512() {
    let server = Server::start().await;
    server.push_blob("a", b"config").await;
    let document = image(b"config");
    let mut hasher = Hasher::new(Algorithm::Sha512);
    hasher.update(document.as_bytes());
    let place = format!("/v2/a/manifests/{}", hasher.finish());
    assert_eq!(server.put_manifest(&place, &MediaType::OCI_MANIFEST, &document).await.status(), 201);
    assert_eq!(server.send("GET", &place).await.text().await.unwrap(), document);
    server.stop().await;
}

#[tokio::test]
async fn a_tag_is_removed_alone_and_a_manifest_with_its_tags() {
    let server = Server::start().await;
    let digest = server.push_image("a", "1").await;
    let document = server.send("GET", "/v2/a/manifests/1").await.text().await.unwrap();
    for tag in ["2", "V2"] {
        let place = format!("/v2/a/manifests/{tag}");
        assert_eq!(server.put_manifest(&place, &MediaType::OCI_MANIFEST, &document).await.status(), 201);
    }
    assert_eq!(server.status("DELETE", "/v2/a/manifests/1").await, 202);
    assert_eq!(server.status("DELETE", "/v2/a/manifests/1").await, 404);
    assert_eq!(server.get_json("/v2/a/tags/list").await["tags"], json!(["2", "V2"]));
    assert_eq!(server.status("DELETE", &format!("/v2/a/manifests/{digest}")).await, 202);
    assert_eq!(server.status("DELETE", &format!("/v2/a/manifests/{digest}")).await, 404);
    assert_eq!(server.status("GET", "/v2/a/manifests/2").await, 404);
    assert_eq!(server.get_json("/v2/a/tags/list").await["tags"], json!([]));
    assert_eq!(server.get_json("/v2/_catalog").await["repositories"], json!([]));

    // The content itself is removed at the next start, unless another repository holds it.
    let kept = server.push_image("b", "1").await;
    let blob = server.root.path().join("blobs/sha256");
    assert!(blob.join(digest.hex()).exists());
    assert_eq!(digest, kept);
    assert_eq!(server.status("DELETE", &format!("/v2/b/manifests/{digest}")).await, 202);
    let server = Server::start_in(server.stop().await).await;
    assert!(!blob.join(digest.hex()).exists());
    assert!(blob.join(Digest::sha256(b"1").hex()).exists());
    server.stop().await;
}

#[tokio::test]
async fn referrers_are_found_by_their_subject() {
    let server = Server::start().await;
    let subject = server.push_image("a", "1").await;
    let place = format!("/v2/a/referrers/{subject}");
    let none = json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": [] });
    assert_eq!(server.get_json(&place).await, none);

    server.push_blob("a", b"{}").await;
    let empty = json!({ "mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::sha256(b"{}"), "size": 2 });
    let about = json!({ "mediaType": MediaType::OCI_MANIFEST, "digest": subject, "size": image(b"1").len() });
    let signature = json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "artifactType": "test/signature",
        "config": empty, "layers": [], "subject": about, "annotations": { "by": "me" },
    })
    .to_string();
    let digest = Digest::sha256(signature.as_bytes());
    let put =
        server.put_manifest(&format!("/v2/a/manifests/{digest}"), &MediaType::OCI_MANIFEST, &signature).await;
    assert_eq!((put.status().as_u16(), header(&put, "oci-subject")), (201, subject.to_string()));

    let descriptor = json!({
        "mediaType": MediaType::OCI_MANIFEST, "digest": digest, "size": signature.len(),
        "annotations": { "by": "me" }, "artifactType": "test/signature",
    });
    let all = server.send("GET", &place).await;
    assert_eq!(header(&all, "content-type"), MediaType::OCI_INDEX.as_str());
    assert_eq!(json_of(all).await["manifests"], json!([descriptor]));
    let filtered = server.send("GET", &format!("{place}?artifactType=test%2Fother")).await;
    assert_eq!(header(&filtered, "oci-filters-applied"), "artifactType");
    assert_eq!(json_of(filtered).await, none);

    assert_eq!(server.status("DELETE", &format!("/v2/a/manifests/{digest}")).await, 202);
    assert_eq!(server.get_json(&place).await, none);
    server.stop().await;
}
