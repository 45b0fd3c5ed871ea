use serde_json::{Value, json};

use super::{Server, image, json_of, refusal};
use crate::image::MediaType;

/// Follows `Link` from page to page and gathers the entries under `key`.
async fn pages(server: &Server, place: &str, key: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(place.to_owned());
    while let Some(place) = next {
        let answer = server.send("GET", &place).await;
        assert_eq!(answer.status(), 200);
        next = answer.headers().get("link").map(|link| {
            let link = link.to_str().unwrap();
            link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned()
        });
        let names = json_of(answer).await[key].take();
        pages.push(serde_json::from_value(names).unwrap());
    }
    pages
}

#[tokio::test]
async fn tags_come_in_pages_that_link_to_the_next() {
    let server = Server::start().await;
    server.push_image("team/app", "first").await;
    let document = image(b"first");
    let tag = |index: usize| format!("v{index}");
    for index in 0..249 {
        let place = format!("/v2/team/app/manifests/{}", tag(index));
        assert_eq!(server.put_manifest(&place, &MediaType::OCI_MANIFEST, &document).await.status(), 201);
    }
    let mut expected: Vec<_> = (0..249).map(tag).chain(["first".to_owned()]).collect();
    expected.sort();

    let pages = pages(&server, "/v2/team/app/tags/list?n=100", "tags").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(pages.concat(), expected);
    let whole = server.send("GET", "/v2/team/app/tags/list").await;
    assert!(!whole.headers().contains_key("link"));
    assert_eq!(json_of(whole).await, json!({ "name": "team/app", "tags": expected }));

    let tags =
        async |query: &str| server.get_json(&format!("/v2/team/app/tags/list?{query}")).await["tags"].take();
    assert_eq!(tags("n=0").await, json!([]));
    assert_eq!(tags("n=250").await.as_array().map(Vec::len), Some(250));
    assert_eq!(tags("n=2&last=nosuch").await, json!(["v0", "v1"]), "the last one need not exist");
    assert_eq!(tags("last=v99").await, json!([]));
    for n in ["x", "-1", "1.5"] {
        let refused = server.send("GET", &format!("/v2/team/app/tags/list?n={n}")).await;
        assert_eq!(refusal(refused).await.1, "PAGINATION_NUMBER_INVALID");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_catalog_has_the_repositories_that_hold_something() {
    let server = Server::start().await;
    let mut expected: Vec<_> = (0..7).map(|index| format!("team{index}/app")).collect();
    for name in &expected {
        server.push_image(name, "1").await;
    }
    server.push_blob("team3/only-a-blob", b"x").await;
    server.begin("team3/only-an-upload").await;
    assert_eq!(pages(&server, "/v2/_catalog?n=3", "repositories").await.concat(), expected);

    expected.remove(3);
    assert_eq!(server.status("DELETE", "/v2/team3/app/manifests/1").await, 202);
    // A manifest without a tag is still content.
    assert_eq!(server.get_json("/v2/_catalog").await["repositories"].as_array().map(Vec::len), Some(7));
    let digest = crate::digest::Digest::sha256(image(b"1").as_bytes());
    assert_eq!(server.status("DELETE", &format!("/v2/team3/app/manifests/{digest}")).await, 202);

    let server = Server::start_in(server.stop().await).await;
    assert_eq!(server.get_json("/v2/_catalog").await, json!({ "repositories": expected }));
    let after: Value = server.get_json("/v2/_catalog?last=team3%2F&n=1").await;
    assert_eq!(after, json!({ "repositories": ["team4/app"] }));
    server.stop().await;
}

#[tokio::test]
async fn s12_referrers_come_in_pages_that_keep_the_filter() {
    let server = Server::start().await;
    let subject = server.push_image("a", "1").await;
    let about = json!({ "mediaType": MediaType::OCI_MANIFEST, "digest": subject, "size": image(b"1").len() });
    let mut expected = Vec::new();
    for index in 0..40 {
        let mut manifest: Value = serde_json::from_str(&image(b"1")).unwrap();
        manifest["subject"] = about.clone();
        manifest["artifactType"] = json!(format!("test/{}", index % 2));
        manifest["annotations"] = json!({ "number": index, "text": "x".repeat(index % 3 * 150_000) }).clone();
        manifest["annotations"]["number"] = json!(index.to_string());
        let manifest = manifest.to_string();
        let digest = crate::digest::Digest::sha256(manifest.as_bytes());
        let place = format!("/v2/a/manifests/{digest}");
        assert_eq!(server.put_manifest(&place, &MediaType::OCI_MANIFEST, &manifest).await.status(), 201);
        expected.push((digest.to_string(), index % 2));
    }
    expected.sort();
    let digests = async |place: String| {
        let (mut all, mut count, mut next) = (Vec::new(), 0, Some(place));
        while let Some(place) = next {
            let answer = server.send("GET", &place).await;
            let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
            next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
            let filtered = answer.headers().contains_key("oci-filters-applied");
            assert_eq!(filtered, place.contains("artifactType"), "{place}");
            let document = json_of(answer).await;
            let manifests = document["manifests"].as_array().unwrap();
            all.extend(manifests.iter().map(|entry| entry["digest"].as_str().unwrap().to_owned()));
            count += 1;
        }
        (all, count)
    };
    let place = format!("/v2/a/referrers/{subject}");
    let (all, count) = digests(place.clone()).await;
    assert_eq!(all, expected.iter().map(|(digest, _)| digest.clone()).collect::<Vec<_>>());
    assert_eq!(count, 2, "as much on a page as clients accept");
    let (odd, count) = digests(format!("{place}?artifactType=test%2F1")).await;
    let wanted = expected.iter().filter(|(_, kind)| *kind == 1);
    assert_eq!(odd, wanted.map(|(digest, _)| digest.clone()).collect::<Vec<_>>());
    assert_eq!(count, 1);
    let (none, _) = digests(format!("{place}?last=sha256:{}", "f".repeat(64))).await;
    assert!(none.is_empty());
    server.stop().await;
}
