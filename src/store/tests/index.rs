use crate::image::{CONTAINERD_NAME, Descriptor, MediaType, REF_NAME};
use crate::store::image::{EntryName, false_name_of, reference_of};
use crate::store::index::Index;

fn image(text: &str) -> Descriptor {
    Descriptor::of(MediaType::OCI_MANIFEST, text.as_bytes())
}

fn entry_name(reference: &str) -> EntryName {
    EntryName::of(&super::parse(reference))
}

/// Returns the names of all entries, in their order.
fn names(index: &Index) -> Vec<String> {
    let name = |entry: Descriptor| reference_of(&entry).map_or("-".to_owned(), |r| r.familiar());
    entries(index).into_iter().map(name).collect()
}

/// Returns the readable entries.
fn entries(index: &Index) -> Vec<Descriptor> {
    index.images().map(|image| image.descriptor.clone()).collect()
}

#[test]
fn what_others_wrote_stays_as_it_is_and_where_it_is() {
    let digest = image("a").digest;
    let foreign = format!(
        r#"{{"schemaVersion":2,"x":[1,2],"manifests":[{{"nonsense":true}},{{"digest":"{digest}","size":1,"mediaType":"{}","y":{{"b":1,"a":2}},"annotations":{{"z":"1","{REF_NAME}":"3","a":"2"}}}}],"annotations":null}}"#,
        MediaType::OCI_MANIFEST,
    );
    let mut index = Index::parse(foreign.as_bytes()).unwrap();
    assert_eq!(index.to_bytes(), foreign.as_bytes());
    index.set(&entry_name("new:1"), &image("b"));
    assert!(index.unset(&entry_name("new:1")));
    assert!(!index.unset(&entry_name("new:1")));
    assert_eq!(index.to_bytes(), foreign.as_bytes());

    index.set(&EntryName::Verbatim("3".to_owned()), &image("c"));
    let text = String::from_utf8(index.to_bytes()).unwrap();
    assert!(text.contains(r#""y":{"b":1,"a":2},"annotations":{"z":"1","a":"2"}"#), "{text}");
    assert_eq!(entries(&index).len(), 2);
}

#[test]
fn a_name_means_one_image_and_an_image_may_have_many() {
    let mut index = Index::empty();
    for (name, text) in [("a:1", "x"), ("a:2", "x"), ("b:1", "y"), ("a:1", "x")] {
        index.set(&entry_name(name), &image(text));
    }
    assert_eq!(names(&index), ["a:1", "a:2", "b:1"]);

    index.set(&entry_name("a:1"), &image("y"));
    assert_eq!(names(&index), ["a:2", "b:1", "a:1"], "x has another name, so it loses only an entry");
    index.set(&entry_name("a:2"), &image("y"));
    assert_eq!(names(&index), ["-", "b:1", "a:1", "a:2"], "x has lost its last name, and stays");
    assert_eq!(entries(&index)[0], image("x"), "without any annotation");
    index.set(&entry_name("c:1"), &image("x"));
    assert_eq!(names(&index), ["c:1", "b:1", "a:1", "a:2"], "an unnamed image gets the name in its place");
    assert_eq!(index.remove(&image("y").digest).len(), 3);
    assert_eq!(names(&index), ["c:1"]);
}

#[test]
fn an_image_that_others_have_noted_twice_under_one_name_is_not_lost_with_it() {
    let mut named = image("x");
    named.annotations.insert(REF_NAME.to_owned(), "docker.io/library/a:1".to_owned());
    let twice = serde_json::json!({ "manifests": [named, named] }).to_string();
    let mut index = Index::parse(twice.as_bytes()).unwrap();

    index.set(&entry_name("a:1"), &image("y"));

    assert_eq!(entries(&index)[0], image("x"), "it stays without a name");
    assert_eq!(names(&index), ["-", "a:1"]);
}

#[test]
fn both_annotations_hold_the_canonical_reference() {
    let mut index = Index::empty();
    let digest = image("x").digest;
    index.set(&entry_name("ubuntu"), &image("x"));
    index.set(&entry_name(&format!("ubuntu:22.04@{digest}")), &image("x"));
    let written: Vec<_> = entries(&index)
        .into_iter()
        .map(|entry| (entry.annotations[REF_NAME].clone(), entry.annotations[CONTAINERD_NAME].clone()))
        .collect();
    let full = ["docker.io/library/ubuntu:latest".to_owned(), format!("docker.io/library/ubuntu@{digest}")];
    assert_eq!(written, full.map(|name| (name.clone(), name)));
}

#[test]
fn names_of_other_programs_are_understood() {
    let named = |annotations: &[(&str, &str)]| {
        let mut entry = image("x");
        entry.annotations = annotations.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        reference_of(&entry).map(|reference| reference.to_string())
    };
    let full = "docker.io/library/alpine:3";
    assert_eq!(named(&[(REF_NAME, "3"), (CONTAINERD_NAME, full)]).as_deref(), Some(full), "docker save");
    assert_eq!(named(&[(REF_NAME, "alpine:3")]).as_deref(), Some(full), "skopeo copy … oci:DIR:alpine:3");
    assert_eq!(named(&[(REF_NAME, "latest")]), None, "a tag alone is not a name");
    assert_eq!(named(&[(CONTAINERD_NAME, full)]), None, "skopeo took the name away");
    assert_eq!(named(&[(REF_NAME, "Not:A:Name")]), None);
    assert_eq!(named(&[]), None);
}

#[test]
fn an_invalid_index_is_refused() {
    for text in ["", "{", "[]", "null", r#"{"manifests":{}}"#, r#"{"manifests":"x"}"#] {
        assert!(Index::parse(text.as_bytes()).is_err(), "{text}");
    }
    for text in ["{}", r#"{"manifests":null}"#, r#"{"manifests":[null,1,[],{}]}"#] {
        assert!(entries(&Index::parse(text.as_bytes()).unwrap()).is_empty(), "{text}");
    }
}

#[test]
fn s3_an_entry_is_not_called_by_a_digest_that_it_does_not_have() {
    let (own, other) = (image("x").digest, image("y").digest);
    let named = |digest: &crate::digest::Digest| {
        let mut entry = image("x");
        entry.annotations.insert(REF_NAME.to_owned(), format!("docker.io/library/app@{digest}"));
        entry
    };
    assert_eq!(reference_of(&named(&own)).unwrap().to_string(), format!("docker.io/library/app@{own}"));
    assert_eq!(reference_of(&named(&other)), None);
    assert_eq!(false_name_of(&named(&own)), None);
    assert_eq!(false_name_of(&named(&other)), Some(format!("app@{other}")));
    for (entry_name, contradicts) in [
        (entry_name(&format!("app@{own}")), false),
        (entry_name(&format!("app:1@{other}")), true),
        (entry_name("app:1"), false),
        (EntryName::Verbatim(format!("app@{other}")), true),
        (EntryName::Verbatim("1".to_owned()), false),
        (EntryName::Unnamed, false),
    ] {
        assert_eq!(entry_name.contradicts(&own).is_some(), contradicts, "{entry_name:?}");
    }
}
