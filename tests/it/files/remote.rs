//! What `files` and `cat` cost at a registry: requests and bytes, by the format of the layers.

use super::{BASE, Lab, SEEN, TOP};
use crate::support::scripted::Route;
use crate::support::{Is, Layer};

/// The requests for blobs.
fn blob_requests(lab: &Lab) -> usize {
    lab.registry.requests(Route::Blob).len()
}

#[test]
fn layers_of_every_format_show_the_same_files() {
    type Make = fn(crate::support::Entries) -> Layer;
    let formats: [Make; 5] = [Layer::plain, Layer::gzip, Layer::zstd, Layer::estargz, Layer::zstd_chunked];
    let shown: Vec<[String; 3]> = formats
        .iter()
        .map(|make| {
            let lab = Lab::of(&[make(BASE), make(TOP)]);
            assert_eq!(lab.files(&["-q"]), SEEN);
            let json = lab.files(&["--format=json"]);
            let json = json.lines().map(|line| {
                let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
                value["layerDigest"].take();
                value.to_string() + "\n"
            });
            [
                lab.files(&[]),
                json.collect(),
                lab.files(&["--tree", "--layers"]).split("\n\n").nth(1).unwrap().to_owned(),
            ]
        })
        .collect();
    assert!(shown.iter().all(|other| *other == shown[0]), "{shown:#?}");
    assert!(
        shown[0][0].contains("-rw-r--r--     10:20      8B 2023-11-14 22:13 /etc/app.conf\n"),
        "{}",
        shown[0][0]
    );
}

#[test]
fn a_layer_with_a_table_is_listed_by_its_table_alone() {
    for (layer, footer) in [(Layer::estargz(BASE), 1), (Layer::zstd_chunked(BASE), 0)] {
        let lab = Lab::of(std::slice::from_ref(&layer));
        lab.files(&[]);
        // zstd:chunked says in an annotation where the table is.
        assert_eq!(blob_requests(&lab), 1 + footer);
        let bytes = (layer.table + footer * layer.footer) as u64;
        assert_eq!(lab.registry.blob_bytes_sent(), bytes, "of {}", layer.bytes.len());
    }
}

#[test]
fn a_file_of_a_layer_with_a_table_is_read_by_a_range() {
    let noise: Vec<u8> =
        (0..200_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let entries = [&[("a", Is::File(&noise[..]))], BASE, &[("z", Is::File(&noise[..]))]].concat();
    for layer in [Layer::estargz(&entries), Layer::zstd_chunked(&entries)] {
        let lab = Lab::of(std::slice::from_ref(&layer));
        lab.files(&[]);
        lab.registry.forget();
        let before = lab.registry.blob_bytes_sent();
        lab.home.run(["cat", &lab.image(), "/etc/os-release"]).succeeds().prints("NAME=lab\n");
        assert_eq!(blob_requests(&lab), 1);
        assert!(lab.registry.blob_bytes_sent() - before < 1000, "{}", lab.registry.blob_bytes_sent());
        let read = lab.home.run(["cat", &lab.image(), "z"]).succeeds();
        assert_eq!(read.stdout.len(), String::from_utf8_lossy(&noise).len());
        lab.home.run(["cat", &lab.image(), "usr/lib/empty"]).succeeds().prints("");
    }
}

#[test]
fn a_second_list_costs_no_byte_of_a_layer() {
    let lab = Lab::of(&[Layer::gzip(BASE), Layer::estargz(TOP)]);
    let first = lab.files(&["--layers"]);
    lab.registry.forget();
    assert_eq!(lab.files(&["--layers"]), first);
    // The config names the commands of the layers.
    assert_eq!(blob_requests(&lab), 1);
    assert_eq!(lab.registry.requests(Route::Manifest).len(), 1);
    lab.registry.forget();
    lab.files(&["--sort=size"]);
    assert_eq!((blob_requests(&lab), lab.registry.heard().len()), (0, 1), "only the manifest");
    lab.home.run(["gc"]).succeeds();
    lab.files(&[]);
    assert!(blob_requests(&lab) > 0, "gc removes what can be read again");
}

#[test]
fn cat_stops_at_the_layer_that_has_the_file_or_removes_it() {
    let lab = Lab::of(&[Layer::gzip(BASE), Layer::gzip(TOP)]);
    lab.home.run(["cat", &lab.image(), "/etc/app.conf"]).succeeds().prints("port=80\n");
    assert_eq!(blob_requests(&lab), 1);
    lab.home.run(["cat", &lab.image(), "/etc/passwd"]).ends_with(3).complains("has no /etc/passwd");
    assert_eq!(blob_requests(&lab), 1, "the list of the top layer is known, and it removes the file");
    lab.home.run(["cat", &lab.image(), "/bin/vdir"]).succeeds().prints("\u{7f}ELF of dir");
    assert!(blob_requests(&lab) > 1);
}

#[test]
fn a_table_that_is_not_that_of_the_manifest_is_not_believed() {
    for mut layer in [Layer::estargz(BASE), Layer::zstd_chunked(BASE)] {
        let annotations = layer.descriptor["annotations"].as_object_mut().unwrap();
        for (key, value) in annotations.iter_mut().filter(|(key, _)| !key.ends_with("position")) {
            *value = format!("sha256:{}", "1".repeat(64)).into();
            assert!(key.contains("digest") || key.contains("checksum"));
        }
        let lab = Lab::of(std::slice::from_ref(&layer));
        let shown = lab.home.run(["--debug", "files", "-q", &lab.image(), "/usr/lib"]).succeeds();
        assert_eq!(shown.stdout, "/usr/lib\n/usr/lib/empty\n/usr/lib/os-release\n");
        assert!(shown.stderr.contains("the table of contents of layer"), "{}", shown.stderr);
        assert!(lab.registry.blob_bytes_sent() > layer.bytes.len() as u64);
    }
}

#[test]
fn a_table_that_leaves_a_file_out_is_not_believed_with_whole() {
    let lab = Lab::of(&[Layer::estargz_hiding("b", &[("a", Is::File(b"a")), ("b", Is::File(b"hidden"))])]);
    assert_eq!(lab.files(&["-q"]), "/a\n");
    let folder = lab.home.path().join("out").display().to_string();
    let image = lab.image();
    lab.home.run(["extract", "-C", &folder, &image, "/b"]).ends_with(3);

    assert_eq!(lab.files(&["-q", "--whole"]), "/a\n/b\n");

    assert_eq!(lab.files(&["-q"]), "/a\n/b\n", "the list of the layer itself is kept");
    lab.home.run(["gc"]).succeeds();
    lab.home.run(["cat", "--whole", &image, "b"]).succeeds().prints("hidden");
    lab.home.run(["gc"]).succeeds();
    lab.home.run(["extract", "--whole", "-C", &folder, &image, "/b"]).succeeds();
    assert_eq!(std::fs::read(lab.home.path().join("out/b")).unwrap(), b"hidden");
    lab.home.run(["gc"]).succeeds();
    let exported = lab.home.run(["export", &image]).succeeds();
    assert!(exported.raw.windows(6).any(|window| window == b"hidden"));
}

#[test]
fn an_interrupted_layer_is_read_on() {
    let noise: Vec<u8> =
        (0..900_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let layer = Layer::plain(&[("a", Is::File(&noise)), ("b", Is::File(b"b"))]);
    let lab = Lab::of(std::slice::from_ref(&layer));
    lab.registry.on(Route::Blob).cut_after(300_000).once();
    assert_eq!(lab.files(&["-q"]), "/a\n/b\n");
    assert!(lab.registry.blob_bytes_sent() < layer.bytes.len() as u64 + 400_000);
    lab.registry.done();
}

#[test]
fn a_layer_that_the_store_has_is_read_from_there() {
    let lab = Lab::of(&[Layer::gzip(BASE), Layer::gzip(TOP)]);
    lab.home.run(["pull", "-q", &lab.image()]).succeeds();
    lab.registry.forget();
    assert_eq!(lab.files(&["-q"]), SEEN);
    assert_eq!(blob_requests(&lab), 0);
}
