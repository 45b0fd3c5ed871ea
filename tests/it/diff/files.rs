//! The second level: files, and the layers that are read for them.

use serde_json::{Value, json};

use super::{Lab, size};
use crate::files::{BASE, TOP};
use crate::support::scripted::Route;
use crate::support::{Is, Layer};

/// What `diff --files` says about files, without the documents.
fn told(lab: &Lab, arguments: &[&str]) -> String {
    let told = lab.diff(&[&["--files"], arguments].concat()).ends_with(10).stdout;
    told.split_once("Files\n").unwrap().1.to_owned()
}

/// The lines about files, without the sums.
fn lines(told: &str) -> String {
    told.lines().filter(|line| !line.contains(" added")).map(|line| format!("{line}\n")).collect()
}

/// What [`TOP`] changes of [`BASE`].
const CHANGED: &str = "\
+ /etc/app.conf  8B
- /etc/passwd  11B
- /usr/lib/empty  0B
~ /usr/lib/os-release  content of 9B
~ /var  directory → file
- /var/log  5kB
";

#[test]
fn whiteouts_and_opaque_directories_remove_files() {
    for make in [Layer::gzip, Layer::estargz] {
        let base = make(BASE);
        let lab = Lab::of(std::slice::from_ref(&base), &[base.clone(), make(TOP)]);
        let told = told(&lab, &[]);
        let told_lines = lines(&told).replace("directory → file, mode 0755 → 0644", "directory → file");
        assert_eq!(told_lines, CHANGED, "{told}");
        assert!(told.contains("1 added (8B), 3 removed (5.01kB), 2 changed"), "{told}");
        let summary = lab.json(&["--files"])["filesSummary"].clone();
        assert_eq!(
            (&summary["added"], &summary["removed"], &summary["changed"]),
            (&json!(1), &json!(3), &json!(2))
        );
    }
}

#[test]
fn layers_that_touch_the_same_paths_are_compared_without_the_shared_one() {
    let base = Layer::gzip(BASE);
    let app = |content: &'static [u8]| Layer::gzip(&[("app/", Is::Folder), ("app/run", Is::File(content))]);
    let (old, new) = (app(b"one"), app(b"two"));
    let lab = Lab::of(&[base.clone(), old.clone()], &[base, new.clone()]);
    let summary = lab.json(&["--files"])["filesSummary"].clone();
    assert_eq!(summary["streamedBytes"], json!(size(&old) + size(&new)));
    assert_eq!(lab.registry.requests(Route::Blob).len(), 2 + 2, "two configs and two layers");
    lab.registry.forget();
    let told = told(&lab, &[]);
    assert_eq!(lines(&told), "~ /app/run  content of 3B\n", "{told}");
    assert_eq!(lab.registry.requests(Route::Blob).len(), 2, "the lists were kept");
}

#[test]
fn the_shared_layer_is_read_once_if_it_decides() {
    let (base, top) = (Layer::gzip(BASE), Layer::gzip(TOP));
    let lab = Lab::of(std::slice::from_ref(&base), &[base.clone(), top.clone()]);
    let summary = lab.json(&["--files", "--quick"])["filesSummary"].clone();
    assert_eq!(summary["streamedBytes"], json!(size(&top)));
    assert_eq!((&summary["skippedBytes"], &summary["added"]), (&json!(size(&base)), &json!(0)));
    let quick = lab.diff(&["--files", "--quick"]).ends_with(10);
    assert!(quick.stdout.contains("\n? /etc/app.conf\n"), "{}", quick.stdout);
    assert!(quick.stderr.contains("omit --quick"), "{}", quick.stderr);
    let summary = lab.json(&["--files"])["filesSummary"].clone();
    assert_eq!(summary["streamedBytes"], json!(size(&base)), "the list of the other layer was kept");
    lab.registry.forget();
    let summary = lab.json(&["--files", "--quick"])["filesSummary"].clone();
    assert_eq!(
        (&summary["streamedBytes"], &summary["added"]),
        (&json!(0), &json!(1)),
        "both lists were kept"
    );
    assert_eq!(lab.registry.requests(Route::Blob).len(), 2, "only configs");
}

#[test]
fn tables_of_contents_are_read_instead_of_layers() {
    let noise: Vec<u8> =
        (0..200_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let base = Layer::estargz(&[BASE, &[("z", Is::File(&noise[..]))]].concat());
    let lab = Lab::of(std::slice::from_ref(&base), &[base.clone(), Layer::estargz(TOP)]);
    let told = told(&lab, &["--quick"]);
    assert!(told.contains("+ /etc/app.conf  8B\n") && !told.contains("read"), "{told}");
    assert!(lab.registry.blob_bytes_sent() < size(&base) / 4, "{}", lab.registry.blob_bytes_sent());
}

#[test]
fn paths_and_patterns_choose_what_counts() {
    let base = Layer::gzip(BASE);
    let lab = Lab::of(std::slice::from_ref(&base), &[base.clone(), Layer::gzip(TOP)]);
    let only = lab.diff(&["--files", "/etc"]).ends_with(10).stdout;
    assert!(
        only.starts_with("+ /etc/app.conf  8B\n- /etc/passwd  11B\n1 added (8B), 1 removed (11B), 0 changed"),
        "{only}"
    );
    lab.diff(&["--files", "/bin", "/usr/bin/*"]).succeeds();
    let rest = told(&lab, &["--ignore=/etc", "--ignore=/usr/**", "--ignore=lo?"]);
    assert!(lines(&rest).starts_with("~ /var  directory → file"), "{rest}");
    assert_eq!(lines(&rest).lines().count(), 1, "{rest}");
}

#[test]
fn links_in_a_path_are_followed_in_both_images() {
    let base = Layer::gzip(BASE);
    let bash = |content: &'static [u8]| Layer::gzip(&[("usr/bin/bash", Is::File(content))]);
    let (old, new) = (bash(b"one"), bash(b"two!"));
    let lab = Lab::of(&[base.clone(), old], &[base.clone(), new]);
    for path in ["/bin/bash", "/bin/", "/bin/*", "/bin/**", "/bin/../bin/bash", "/../bin/bash"] {
        let told = lab.diff(&["--files", path]).ends_with(10).stdout;
        assert_eq!(lines(&told).lines().next(), Some("~ /usr/bin/bash  3B → 4B"), "{path}: {told}");
    }
    let ignored = told(&lab, &["--ignore=/bin/bash"]);
    assert!(!ignored.contains("bash"), "{ignored}");
    lab.diff(&["--files", "/bin"]).succeeds();
    lab.diff(&["--files", "/bin/dir"]).succeeds();
    lab.diff(&["--files", "/bin/nosuch"]).ends_with(3).complains("/bin/nosuch");
    lab.diff(&["--files", "/etc/passwd/"]).ends_with(1).complains("/etc/passwd is not a directory");
}

#[test]
fn a_path_that_leads_elsewhere_in_each_image_counts_in_both() {
    let old = Layer::gzip(&[("bin", Is::Symlink("one")), ("one/sh", Is::File(b"sh"))]);
    let new =
        Layer::gzip(&[("bin", Is::Symlink("two")), ("one/sh", Is::File(b"sh")), ("two/sh", Is::File(b"sh"))]);
    let lab = Lab::of(&[old], &[new]);
    let told = lab.diff(&["--files", "/bin/sh"]).ends_with(10).stdout;
    assert!(told.contains("~ /bin ") && told.contains("+ /two/sh  2B"), "{told}");
    assert_eq!(lines(&told).lines().count(), 2, "{told}");
}

#[test]
fn shared_layers_are_read_for_links_only_if_the_others_do_not_decide() {
    let base = Layer::gzip(BASE);
    let app = |content: &'static [u8]| Layer::gzip(&[("app/", Is::Folder), ("app/run", Is::File(content))]);
    let (old, new) = (app(b"one"), app(b"two!"));
    let upper = size(&old) + size(&new);
    let lab = Lab::of(&[base.clone(), old], &[base.clone(), new]);
    assert_eq!(lab.json(&["--files", "/app/run"])["filesSummary"]["streamedBytes"], json!(upper));
    assert_eq!(lab.json(&["--files", "/app", "*.pyc"])["filesSummary"]["streamedBytes"], json!(0));
    lab.diff(&["--files", "--quick", "/bin/dir"]).succeeds();
    let summary = lab.json(&["--files", "/bin/dir"])["filesSummary"].clone();
    assert_eq!(summary["streamedBytes"], json!(size(&base)));
}

#[test]
fn one_document_has_everything() {
    let base = Layer::gzip(BASE);
    let lab = Lab::of(std::slice::from_ref(&base), &[base.clone(), Layer::gzip(TOP)]);
    let document = lab.json(&["--files", "--packages"]);
    assert_eq!((&document["equal"], &document["packages"]), (&json!(false), &json!([])));
    let files = document["files"].as_array().unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        ["/etc/app.conf", "/etc/passwd", "/usr/lib/empty", "/usr/lib/os-release", "/var", "/var/log"]
    );
    assert_eq!(files[0]["new"]["size"], json!(8));
    assert_eq!(files[3]["differs"], json!(["content"]));
    assert!(
        files[3]["old"]["digest"] != files[3]["new"]["digest"] && files[3]["old"]["digest"] != Value::Null
    );
    assert_eq!(lab.json(&["--files", "/bin"])["files"], json!([]));
}

#[test]
fn a_layer_that_is_damaged_or_no_tar_is_reported_with_its_digest() {
    let broken = Layer::new("tar", vec![b'x'; 2000]);
    let lab = Lab::of(&[Layer::plain(BASE)], std::slice::from_ref(&broken));
    let digest = broken.descriptor["digest"].as_str().unwrap();
    lab.diff(&[]).ends_with(10);
    lab.diff(&["--files"]).ends_with(6).complains(digest);
    let truncated = Layer::new("tar", Layer::plain(BASE).bytes[..700].to_vec());
    let lab = Lab::of(&[Layer::plain(TOP)], &[truncated]);
    lab.diff(&["--files"]).ends_with(6).complains("truncated");
}

#[test]
fn no_path_controls_the_terminal_or_leads_out_of_the_image() {
    let lab = Lab::of(&[], &[Layer::plain(&[("a\u{1b}[2J", Is::File(b"")), ("../../x", Is::File(b""))])]);
    let outcome = lab.diff(&["--files"]).ends_with(10);
    assert!(outcome.stdout.contains("\n+ /a\\u{1b}[2J  0B\n"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("WARNING: left out 1 path of layers"), "{}", outcome.stderr);
}
