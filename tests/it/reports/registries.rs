//! Registries that refuse, answer in pages, or lead elsewhere.

mod existence;
mod lists;
mod naming;
mod token_services;
mod words;

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "R3",
        &[
            "reports::registries::existence::r3_a_refused_head_of_a_manifest_leads_to_get",
            "reports::registries::existence::r3_a_refused_head_of_a_blob_leaves_it_to_the_upload",
            "reports::registries::existence::r3_a_target_that_tells_nothing_is_pushed_to",
            "reports::registries::existence::r3_the_refusal_of_get_or_post_ends_a_command_in_its_words",
            "reports::registries::existence::r3_a_registry_that_wants_to_be_left_alone_is",
            "reports::registries::existence::r3_a_registry_is_not_asked_in_vain_for_each_blob",
            "reports::registries::existence::r3_a_dry_run_says_what_it_cannot_tell",
            "reports::registries::existence::r3_a_mirror_is_tested_by_get_where_head_is_refused",
            "reports::registries::existence::r3_authentication_is_tried_before_a_head_counts_as_refused",
            "reports::registries::existence::r3_a_proxy_that_refuses_head_is_no_obstacle",
        ],
    ),
    (
        "R5",
        &[
            "reports::registries::lists::r5_pages_are_followed_however_their_link_is_written",
            "reports::registries::lists::r5_a_link_that_cannot_be_read_is_an_error_after_the_names_so_far",
            "reports::registries::lists::r5_a_page_that_fails_is_no_end_of_a_search",
            "reports::registries::lists::r5_a_catalog_that_fails_is_no_end_of_a_search",
            "reports::registries::lists::r5_a_search_with_more_pages_than_are_read_is_not_the_whole",
            "protocol::link::tests::r5_links_are_read_as_registries_write_them",
            "protocol::link::tests::r5_what_is_no_link_is_no_end_of_a_list",
        ],
    ),
    (
        "R6",
        &[
            "reports::registries::lists::r6_a_registry_that_refuses_a_number_of_names_is_asked_without",
            "reports::registries::lists::r6_tags_and_catalogs_are_asked_for_without_a_number_alike",
            "remote::pages::tests::r6_a_number_of_names_is_left_out_wherever_it_stands",
        ],
    ),
    (
        "R12",
        &[
            "reports::registries::words::r12_a_storage_that_refuses_is_told_in_its_own_words",
            "reports::registries::words::r12_a_storage_that_refuses_a_manifest_is_no_refusal_of_the_registry",
            "reports::registries::words::r12_a_proxy_that_does_not_forward_how_clients_come_is_found_out",
            "reports::registries::words::r12_a_port_that_a_proxy_has_lost_is_found_out",
            "reports::registries::words::r12_the_refusal_of_a_mirror_is_told_with_the_registry_that_cannot_be_reached",
            "reports::registries::words::r12_a_registry_that_cannot_be_reached_is_a_warning_where_a_mirror_serves_pulls",
            "reports::registries::token_services::r12_a_failing_token_service_says_nothing_about_the_image",
            "reports::registries::token_services::r12_a_failing_token_service_fails_logins_and_checks_by_its_name",
            "reports::registries::token_services::r12_doctor_stops_at_a_failing_token_service",
            "protocol::storage_error::tests::r12_the_words_of_storages_are_found",
        ],
    ),
    (
        "R13",
        &[
            "reports::registries::lists::r13_quay_counts_stars_and_has_no_eleventh_page",
            "reports::registries::lists::r13_nexus_is_searched_where_its_api_is",
        ],
    ),
    (
        "D8",
        &[
            "reports::registries::naming::d8_a_write_past_mirrors_leaves_reading_as_it_was",
            "remote::repository::tests::d8_a_view_past_mirrors_changes_no_other",
        ],
    ),
    (
        "U5",
        &[
            "reports::registries::naming::u5_a_registry_in_place_of_a_repository_is_told_from_a_tag",
            "reports::registries::naming::u5_a_registry_is_not_asked_for_at_docker_hub",
            "reports::registries::naming::u5_a_tag_means_no_platform_by_chance",
            "cli::usage::u5_only_an_address_or_localhost_is_certainly_no_image",
            "reports::registries::naming::u5_a_catalog_is_of_a_registry_that_has_one",
            "reports::registries::naming::u5_what_a_search_finds_can_be_pulled_by_its_name",
            "reports::registries::naming::u5_a_filter_by_stars_where_none_are_counted_is_told",
        ],
    ),
    (
        "U6",
        &[
            "reports::registries::naming::u6_a_tag_that_is_not_there_is_answered_with_those_that_are_like_it",
            "reports::registries::naming::u6_advice_that_cannot_be_had_is_no_second_failure",
            "ops::nearest::tests::u6_the_nearest_tags_come_first_and_others_not_at_all",
            "ops::nearest::tests::u6_a_distance_counts_changes",
        ],
    ),
    (
        "U13",
        &[
            "reports::registries::naming::u13_library_is_proposed_where_a_copy_of_docker_hub_has_it",
            "reports::registries::naming::u13_a_mirror_that_hangs_is_waited_for_once_for_all_names",
        ],
    ),
];
