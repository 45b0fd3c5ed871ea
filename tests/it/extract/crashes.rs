//! A program that is killed, and a disk that becomes full.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use super::{Scene, noise};
use crate::bad_input::Tmpfs;
use crate::support::{Is, Layer, Proxy, eventually};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_killed_extraction_leaves_whole_files_only() {
    let content = noise(200_000);
    let names: Vec<String> = (0..20).map(|number| format!("f{number:02}")).collect();
    let entries: Vec<(&str, Is)> = names.iter().map(|name| (name.as_str(), Is::File(&content[..]))).collect();
    let scene = Scene::of(&[Layer::plain(&entries)]);
    // The list is known: the files are written as they arrive.
    scene.lab.files(&[]);
    let proxy = Proxy::before(&scene.lab.registry.host());
    proxy.slow_down(1 << 20);
    for signal in [Signal::KILL, Signal::INT] {
        let _ = fs::remove_dir_all(scene.out());
        let (image, out) = (format!("{}/app:1", proxy.host()), scene.out());
        let running = scene.lab.home.regcli(["extract", "-C", out.to_str().unwrap(), &image, "/"]).start();
        eventually(PATIENCE, || out.join("f01").exists().then_some(())).unwrap();
        running.signal(signal);
        let ended = running.finish();
        assert!(ended.code > 128, "{ended}");
        let written: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(written.len() > 1 && written.len() < names.len(), "{written:?}");
        for path in written {
            assert!(names.iter().any(|name| path.ends_with(name)), "{path:?}");
            assert!(fs::read(&path).unwrap() == content, "{path:?}");
        }
    }
}

#[test]
fn a_disk_that_becomes_full_is_named_and_holds_whole_files_only() {
    let Some(disk) = Tmpfs::mount(3 << 20) else { return };
    let content = noise(400_000);
    let names = ["a", "b", "c", "d", "e"];
    let entries: Vec<(&str, Is)> = names.iter().map(|name| (*name, Is::File(&content[..]))).collect();
    let scene = Scene::of(&[Layer::plain(&entries)]);
    scene.lab.files(&[]);
    let proxy = Proxy::before(&scene.lab.registry.host());
    proxy.slow_down(500_000);
    let (image, out) = (format!("{}/app:1", proxy.host()), disk.path().join("out"));
    let running = scene.lab.home.regcli(["extract", "-C", out.to_str().unwrap(), &image, "/"]).start();
    eventually(PATIENCE, || out.join("a").exists().then_some(())).unwrap();
    fs::write(disk.path().join("filler"), vec![0; 2_200_000]).unwrap();
    let said = running.finish().ends_with(1).complains("cannot write").complains("free space");
    for entry in fs::read_dir(&out).unwrap() {
        assert!(fs::read(entry.unwrap().path()).unwrap() == content, "{said}");
    }
}
