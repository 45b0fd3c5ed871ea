//! The store: what is kept, what is removed, and what it costs.

mod catalog;
mod limits;
mod locks;
mod names;
mod removal;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Home, blob_path, sha256};

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "D1",
        &[
            "reports::stores::removal::d1_gc_removes_nothing_while_a_manifest_is_damaged_or_missing",
            "reports::stores::removal::d1_rmi_of_another_image_removes_its_name_and_no_content",
            "reports::stores::removal::d1_an_image_that_is_damaged_can_be_given_up",
            "reports::stores::removal::d1_a_damaged_manifest_of_an_index_keeps_everything_until_it_is_fetched",
            "reports::stores::removal::d1_a_manifest_of_an_index_that_is_not_here_is_normal",
            "reports::stores::removal::d1_entries_that_cannot_be_read_stay_with_all_that_they_mention",
            "reports::stores::removal::d1_the_folder_of_a_registry_is_no_store",
            "store::tests::sweep::d1_a_sweep_removes_nothing_while_it_is_not_known_what_an_image_needs",
        ],
    ),
    (
        "D6",
        &[
            "reports::stores::catalog::d6_a_push_reads_as_much_of_a_large_store_as_of_a_small_one",
            "reports::stores::catalog::d6_images_that_no_blob_can_be_mounted_from_are_not_read",
            "reports::stores::catalog::d6_a_push_of_all_tags_reads_the_index_once",
            "store::tests::images::d6_locations_are_looked_for_at_the_same_registry_and_among_so_many_images",
        ],
    ),
    (
        "D7",
        &[
            "reports::stores::catalog::d7_a_tag_parses_the_index_once",
            "reports::stores::catalog::d7_an_unchanged_pull_of_all_tags_reads_the_index_once",
            "store::tests::images::d7_a_catalog_is_parsed_once_and_again_when_anybody_changes_the_index",
        ],
    ),
    (
        "D9",
        &[
            "reports::stores::limits::d9_a_manifest_that_is_too_large_is_refused_before_any_layer_is_fetched",
            "reports::stores::limits::d9_every_place_has_the_same_limit",
        ],
    ),
    (
        "D11",
        &[
            "reports::stores::limits::d11_the_tags_that_one_command_pulls_are_bounded",
            "store::tests::blobs::d11_a_partial_blob_is_discarded_without_being_read",
            "cache::tests::d11_who_waits_for_a_locked_cache_holds_up_no_other_task",
            "ui::report::tests::d11_a_cause_is_left_out_only_where_the_line_before_ends_with_it",
        ],
    ),
    (
        "S3",
        &[
            "reports::stores::names::s3_an_archive_cannot_call_an_image_by_another_digest",
            "reports::stores::names::s3_a_stranger_s_layout_cannot_call_an_image_by_another_digest",
            "store::tests::index::s3_an_entry_is_not_called_by_a_digest_that_it_does_not_have",
        ],
    ),
    (
        "S8",
        &[
            "reports::stores::locks::s8_locks_belong_to_this_user_alone",
            "reports::stores::locks::s8_a_wait_for_a_lock_says_for_whom_and_ends",
            "reports::stores::locks::s8_a_blob_that_another_process_writes_is_waited_for_while_it_grows",
            "reports::stores::locks::s8_a_store_that_regcli_makes_is_for_this_user_alone",
            "store::wait::tests::s8_the_holder_of_a_lock_is_found_in_the_table_of_the_operating_system",
        ],
    ),
];

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Changes one bit of a file that is read-only.
fn flip(path: &Path) {
    let mut content = fs::read(path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, content).unwrap();
}

/// The blobs of a store by their names, with their content.
fn blobs(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(home.store().join("blobs/sha256")).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn put(store: &Path, media_type: &str, content: &[u8]) -> Value {
    let digest = sha256(content);
    let path = blob_path(store, &digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    json!({"mediaType": media_type, "digest": digest, "size": content.len()})
}

/// Writes a store of so many images, each of a config and a layer, without regcli's help.
fn write_store(store: &Path, count: usize, name: impl Fn(usize) -> String) {
    let entries = (0..count).map(|number| {
        let layer = format!("layer {number}");
        let config = json!({
            "os": "linux", "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer.as_bytes())]},
        });
        let config = put(store, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layer = put(store, "application/vnd.oci.image.layer.v1.tar", layer.as_bytes());
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        let mut entry = put(store, MANIFEST, manifest.to_string().as_bytes());
        let name = name(number);
        entry["annotations"] =
            json!({"org.opencontainers.image.ref.name": name, "io.containerd.image.name": name});
        entry
    });
    write_index(store, &json!(entries.collect::<Vec<_>>()));
}

fn write_index(store: &Path, entries: &Value) {
    fs::create_dir_all(store).unwrap();
    fs::write(store.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let index = json!({"schemaVersion": 2, "manifests": entries});
    fs::write(store.join("index.json"), index.to_string()).unwrap();
}
