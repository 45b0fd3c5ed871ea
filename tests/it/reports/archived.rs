//! Archives, layouts and folders, as others have written them.

mod docker_25;
mod documents;
mod folders;

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "R2",
        &[
            "reports::archived::docker_25::r2_what_docker_25_saved_is_loaded_and_copied_as_manifest_json_says",
            "reports::archived::docker_25::r2_an_image_that_only_manifest_json_names_is_found",
            "reports::archived::docker_25::r2_without_manifest_json_an_image_with_other_layers_than_its_config_names_is_refused",
            "reports::archived::docker_25::r2_a_pull_of_an_image_with_other_layers_than_its_config_names_is_refused",
            "reports::archived::docker_25::r2_what_is_no_image_has_no_layers_to_count",
            "image::config::tests::r2_only_a_config_that_names_layers_says_how_many_there_are",
        ],
    ),
    (
        "R7",
        &[
            "reports::archived::docker_25::r7_names_that_begin_at_the_top_are_found_on_either_side",
            "reports::archived::docker_25::r7_a_link_without_its_target_is_told_with_the_target",
        ],
    ),
    (
        "R9",
        &[
            "reports::archived::docker_25::r9_sizes_that_are_wrong_do_not_get_to_a_registry_that_has_the_blobs",
            "reports::archived::docker_25::r9_docker_25s_wrong_sizes_are_corrected",
        ],
    ),
    (
        "R10",
        &[
            "reports::archived::documents::r10_what_is_no_image_is_for_no_platform",
            "reports::archived::documents::r10_what_an_entry_does_not_say_its_config_says",
        ],
    ),
    (
        "R11",
        &[
            "reports::archived::folders::r11_without_a_home_what_needs_no_store_works",
            "reports::archived::folders::r11_without_a_home_what_needs_a_store_says_how_to_name_one",
        ],
    ),
    (
        "R13",
        &[
            "reports::archived::documents::r13_the_case_of_a_media_type_means_nothing",
            "reports::archived::folders::r13_an_own_configuration_out_of_reach_is_a_warning_and_one_that_was_named_an_error",
            "reports::archived::folders::r13_a_copy_to_a_digest_prints_it_once",
        ],
    ),
    (
        "D10",
        &[
            "reports::archived::folders::d10_a_layer_is_packed_beside_the_store",
            "reports::archived::folders::d10_an_import_that_is_killed_leaves_nothing_behind",
        ],
    ),
    (
        "S6",
        &[
            "ops::import::folder::tests::s6_a_folder_that_becomes_a_link_while_it_is_packed_is_not_followed",
            "ops::import::folder::tests::s6_a_file_that_becomes_a_link_or_a_pipe_is_not_read",
            "ops::import::folder::tests::s6_folders_are_packed_however_deep_they_are",
            "reports::archived::folders::s6_a_link_in_a_folder_is_packed_as_a_link",
        ],
    ),
    (
        "S13",
        &[
            "reports::archived::documents::s13_a_manifest_that_means_another_image_to_others_is_refused",
            "reports::archived::folders::s13_a_layout_whose_folders_lead_out_of_it_is_refused",
            "reports::archived::documents::s13_a_config_that_names_other_layers_to_others_is_refused",
            "image::spelling::tests::s13_a_key_that_case_blind_readers_take_for_another_is_refused",
            "image::spelling::tests::s13_keys_that_mean_nothing_may_be_spelt_in_any_way",
        ],
    ),
];
