//! `regcli-store(5)`

use super::roff::Page;

/// The contents of the directory.
const LAYOUT: [(&str, &str); 7] = [
    ("oci-layout", "Marks the directory as an OCI image layout, version 1.0.0."),
    (
        "index.json",
        "The list of images. An image has an entry for each of its names, or one without a name. The file \
         is replaced atomically, so that readers need no lock.",
    ),
    (
        "blobs/sha256/, blobs/sha512/",
        "Manifests, indexes, configs and layers, unchanged, each named by its digest. Layers stay \
         compressed. A blob is read-only, and appears only when it is complete and verified.",
    ),
    (
        "parts/",
        "Incomplete blobs, named sha256-HEX. Their bytes have been hashed, and the next pull resumes after \
         them. Also small files that are being written.",
    ),
    ("locks/index", "Held by a process that changes index.json."),
    (
        "locks/store",
        "Held shared by all processes that write images, from their first blob until the image is named. \
         Held exclusively by a process that removes unneeded blobs.",
    ),
    (
        "locks/sha256-HEX",
        "Held by the process that writes this blob. Other processes wait and then use the \
                          blob.",
    ),
];

/// Commands of other programs that read the store.
const READERS: &str = "skopeo copy oci:DIR:docker.io/library/nginx:latest docker://HOST/nginx
podman pull \
                       oci:DIR:docker.io/library/nginx:latest";

/// Returns the page, with the name of its file.
pub(super) fn page() -> (String, String) {
    let mut page = Page::begin("regcli-store", 5, "the image store of regcli");
    page.section("Description");
    page.text(
        "The store is a directory with an OCI image layout. There is no background process and no database: \
         the directory is everything. Several processes may use it concurrently. The first write creates \
         it.",
    );
    page.text(
        "Its location is the value of `--store`, else of `$REGCLI_STORE`, else of the key store in \
         `regcli-config`(5), else ~/.local/share/regcli/store.",
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
        "While no regcli runs, parts/ and locks/ may be deleted with their contents; an interrupted pull \
         then starts from the beginning. The whole directory may be deleted too, with the same result as \
         `regcli rmi` of all images. Do not delete single blobs: an image that needs one is then incomplete \
         and must be pulled again.",
    );
    page.text(
        "The directory can be moved and copied. Blobs can be hard links to those of another store, because \
         they are never changed in place. The file system should support locks, as most network file \
         systems do.",
    );
    page.section("Other programs");
    page.text("Other programs read the store like any OCI layout. DIR is its directory:");
    page.verbatim(READERS);
    page.text(
        "They may also write to it, but only while no regcli does, because they do not know its locks. \
         regcli keeps everything in index.json that it does not understand.",
    );
    page.section("See also");
    page.text("`regcli`(1), `regcli-images`(1), `regcli-rmi`(1), `regcli-copy`(1), `regcli-config`(5)");
    ("regcli-store.5".to_owned(), page.end())
}

/// What is kept, and for how long.
const KEPT: [(&str, &str); 4] = [
    (
        "Images",
        "Until `regcli rmi` removes their last name. Blobs that no other image needs are removed \
                with them.",
    ),
    (
        "Blobs of no image",
        "Until the next `regcli rmi`. Nothing is removed while another process writes; \
                              a later run then removes them.",
    ),
    (
        "Parts",
        "Until seven days after the last byte, or until the disk is full: a process that needs space \
         removes the parts that no process is writing.",
    ),
    (
        "Locks",
        "The lock of a blob is removed when the blob is complete. The operating system releases the locks \
         of killed processes.",
    ),
];

fn names(page: &mut Page) {
    page.section("Names");
    page.text("The annotations of an entry of index.json hold the names of the image:");
    page.term(
        "`org.opencontainers.image.ref.name`",
        "The full canonical reference, with a tag or a digest: docker.io/library/ubuntu:latest.",
    );
    page.term("`io.containerd.image.name`", "The same, for containerd and Docker.");
    page.text(
        "Entries of other programs are understood, even if the first annotation holds only a tag and the \
         second one the full name. An entry without the first annotation has no name and is shown as \
         <none>.",
    );
}
