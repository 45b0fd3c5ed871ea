//! What an extraction costs at a registry: requests and bytes.

use super::{Scene, noise};
use crate::support::scripted::Route;
use crate::support::{Is, Layer};

fn blob_requests(scene: &Scene) -> usize {
    scene.lab.registry.requests(Route::Blob).len()
}

#[test]
fn a_file_of_a_layer_with_a_table_costs_the_table_and_one_range() {
    let noise = noise(200_000);
    let entries = [("a", Is::File(&noise[..])), ("small", Is::File(b"small")), ("z", Is::File(&noise[..]))];
    for (layer, footer) in [(Layer::estargz(&entries), 1), (Layer::zstd_chunked(&entries), 0)] {
        let scene = Scene::of(std::slice::from_ref(&layer));
        scene.extract(&["small"]).succeeds();
        assert_eq!(scene.read("small"), "small");
        assert_eq!(blob_requests(&scene), 2 + footer);
        let tables = (layer.table + footer * layer.footer) as u64;
        let sent = scene.lab.registry.blob_bytes_sent() - tables;
        assert!(sent < 1000, "{sent} of {}", layer.bytes.len());
    }
}

#[test]
fn neighbours_are_read_together_and_most_of_a_layer_as_a_whole() {
    let noise = noise(300_000);
    let entries = [
        ("d/a", Is::File(&b"1"[..])),
        ("d/b", Is::File(b"2")),
        ("d/c", Is::File(b"3")),
        ("big", Is::File(&noise[..])),
        ("other", Is::File(&noise[..])),
        ("e/z", Is::File(b"4")),
    ];
    let layer = Layer::estargz(&entries);
    let scene = Scene::of(std::slice::from_ref(&layer));
    scene.lab.files(&[]);
    scene.lab.registry.forget();
    scene.extract(&["d", "e"]).succeeds();
    assert_eq!(blob_requests(&scene), 2, "one for each end of the layer");
    scene.lab.registry.forget();
    scene.extract(&["-f", "/"]).succeeds();
    assert_eq!(blob_requests(&scene), 1);
}

#[test]
fn a_layer_without_a_table_is_downloaded_once_and_later_only_where_the_files_are() {
    let noise = noise(300_000);
    let low = Layer::gzip(&[("low", Is::File(&noise)), ("hidden", Is::File(b"x"))]);
    let top = Layer::gzip(&[("top", Is::File(b"top")), (".wh.hidden", Is::File(b""))]);
    let scene = Scene::of(&[low, top]);
    scene.extract(&["/"]).succeeds();
    assert_eq!(blob_requests(&scene), 2, "each layer once");
    scene.lab.registry.forget();
    scene.extract(&["-f", "top"]).succeeds();
    assert_eq!(blob_requests(&scene), 1, "only the layer that has the file");
    scene.lab.registry.forget();
    scene.extract(&["hidden"]).ends_with(3);
    assert_eq!(blob_requests(&scene), 0);
    scene.lab.registry.forget();
    let image = scene.lab.image();
    let tar = scene.folder.path().join("x.tar");
    scene.lab.home.run(["export", "-o", tar.to_str().unwrap(), &image]).succeeds();
    assert_eq!(blob_requests(&scene), 2, "each layer once");
}

#[test]
fn a_tag_that_vanishes_in_the_middle_does_not_matter() {
    let scene = Scene::of(&[Layer::gzip(&[("f", Is::File(b"f"))])]);
    scene.extract(&["/"]).succeeds();
    assert_eq!(scene.lab.registry.requests(Route::Manifest).len(), 1, "it is asked once, in the beginning");
}

#[test]
fn an_interrupted_layer_is_read_on() {
    let noise = noise(900_000);
    let scene = Scene::of(&[Layer::plain(&[("a", Is::File(&noise)), ("b", Is::File(b"b"))])]);
    scene.lab.registry.on(Route::Blob).cut_after(300_000).once();
    scene.extract(&["/"]).succeeds();
    assert_eq!(std::fs::read(scene.out().join("a")).unwrap(), noise);
}

#[test]
fn layers_that_the_store_has_are_not_downloaded() {
    let scene =
        Scene::of(&[Layer::gzip(&[("f", Is::File(&noise(100_000)))]), Layer::gzip(&[("g", Is::File(b"g"))])]);
    let image = scene.lab.image();
    scene.lab.home.run(["pull", "-q", &image]).succeeds();
    scene.lab.registry.forget();
    scene.extract(&["/"]).succeeds();
    assert_eq!((blob_requests(&scene), scene.read("g").as_str()), (0, "g"));
}

#[test]
fn layers_that_do_not_fit_beside_each_other_are_refused_before_they_are_downloaded() {
    let Some(disk) = crate::bad_input::Tmpfs::mount(200 << 10) else { return };
    let scene = Scene::of(&[Layer::gzip(&[("f", Is::File(&noise(400_000)))])]);
    let store = disk.path().join("store");
    let (image, out) = (scene.lab.image(), scene.out());
    let line = ["--store", store.to_str().unwrap(), "extract", "-C", out.to_str().unwrap(), &image, "f"];
    scene.lab.home.run(line).ends_with(1).complains("no space in").complains("more bytes are needed");
    assert_eq!(blob_requests(&scene), 0);
    assert!(!out.exists());
}
