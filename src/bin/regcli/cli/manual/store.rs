//! `regcli-store(5)`

use super::roff::Page;

/// What is in the folder.
const LAYOUT: [(&str, &str); 7] = [
    ("oci-layout", "Says that this is an OCI image layout, version 1.0.0."),
    (
        "index.json",
        "Which images there are. An image has an entry for each of its names, or one without a name. It is \
         replaced in one step, so whoever reads it needs no lock.",
    ),
    (
        "blobs/sha256/, blobs/sha512/",
        "Manifests, indexes, configs and layers, byte for byte as they came, each under its digest. Layers stay \
         compressed as they were. A blob is read-only, and is there only when it is whole and verified.",
    ),
    (
        "parts/",
        "Blobs that are on their way, sha256-HEX: what is there has been hashed, and the next pull goes on behind \
         it. Small files that are being written, too.",
    ),
    ("locks/index", "Held by whoever changes index.json."),
    (
        "locks/store",
        "Held together by all who write images, from their first blob until the image is named; held alone by \
         whoever removes what no image needs.",
    ),
    ("locks/sha256-HEX", "Held by whoever writes this blob; the others wait for it and have it then."),
];

/// How others read it.
const READERS: &str = "skopeo copy oci:DIR:docker.io/library/nginx:latest docker://HOST/nginx
podman pull oci:DIR:docker.io/library/nginx:latest";

/// The page, with the name of its file.
pub(super) fn page() -> (String, String) {
    let mut page = Page::begin("regcli-store", 5, "the image store of regcli");
    page.section("Description");
    page.text(
        "The store is a folder with an OCI image layout. Nothing runs in the background, and no database goes with \
         it: what is in the folder is all there is. Several processes may use it at the same time. It is made when \
         something is first written.",
    );
    page.text(
        "It is the folder that `--store` names, else `$REGCLI_STORE`, else store of `regcli-config`(5), else \
         ~/.local/share/regcli/store.",
    );
    page.section("Layout");
    for (name, what) in LAYOUT {
        page.term(&format!("`{name}`"), what);
    }
    names(&mut page);
    page.section("How long things are kept");
    for (name, what) in KEPT {
        page.term(name, what);
    }
    page.section("What may be deleted by hand");
    page.text(
        "While no regcli runs: parts/ and locks/ with all that is in them; an interrupted pull then begins anew. \
         The whole folder, which is what `regcli rmi` of all images comes to. Not single blobs: an image that \
         needs one is found to be incomplete, and has to be pulled again.",
    );
    page.text(
        "The folder can be moved and copied. Blobs can be hard links to another store's: they are never changed in \
         place. It should be on a file system with locks; on most network file systems they work.",
    );
    page.section("Other programs");
    page.text("Others read the store as they read any OCI layout. DIR is its folder:");
    page.verbatim(READERS);
    page.text(
        "They may write it, too, while no regcli does: they do not know its locks. What regcli does not understand \
         in index.json stays as it stands.",
    );
    page.section("See also");
    page.text("`regcli`(1), `regcli-images`(1), `regcli-rmi`(1), `regcli-copy`(1), `regcli-config`(5)");
    ("regcli-store.5".to_owned(), page.end())
}

/// What stays, and how long.
const KEPT: [(&str, &str); 4] = [
    ("Images", "Until `regcli rmi` takes their last name. Blobs that no other image needs go with them."),
    (
        "Blobs of no image",
        "Until the next `regcli rmi`. Nothing is removed while somebody writes; the next one does it.",
    ),
    (
        "Parts",
        "Seven days after the last byte, or until the disk is full: whoever needs the room removes those that \
         nobody is writing.",
    ),
    (
        "Locks",
        "Those of blobs go when the blob is there. The operating system frees those of killed processes.",
    ),
];

fn names(page: &mut Page) {
    page.section("Names");
    page.text("The annotations of an entry of index.json say what the image is called:");
    page.term(
        "`org.opencontainers.image.ref.name`",
        "The full canonical reference, with a tag or a digest: docker.io/library/ubuntu:latest.",
    );
    page.term("`io.containerd.image.name`", "The same, where containerd and Docker look for it.");
    page.text(
        "Entries of other programs, of which the first has a tag only and the second the whole name, are understood. \
         An entry without the first has no name, and is shown as <none>.",
    );
}
