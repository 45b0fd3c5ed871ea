//! Which server is trusted, and who gets a password.

mod servers;

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "S1",
        &[
            "reports::trust::servers::s1_what_need_not_be_verified_says_nothing_about_where_it_leads",
            "reports::trust::servers::s1_a_token_service_of_the_same_host_need_not_be_verified_either",
        ],
    ),
    (
        "S2",
        &[
            "reference::server::tests::s2_a_server_is_itself_in_every_spelling",
            "config::certs::tests::s2_a_folder_is_found_under_every_name_of_its_server",
            "config::own::tests::s2_a_table_holds_for_every_name_of_its_registry_and_there_is_one",
            "auth::token_services::tests::s2_a_pin_holds_for_every_spelling_and_for_scheme_host_and_port",
            "auth::token_services::tests::s2_a_pin_of_an_older_version_still_holds",
            "auth::token_services::tests::s2_a_folder_that_the_group_may_write_is_closed_and_one_that_cannot_be_made_is_told",
            "reports::trust::servers::s2_another_spelling_of_the_registry_does_not_free_the_password",
            "reports::trust::servers::s2_the_usual_port_is_no_other_registry",
            "reports::trust::servers::s2_another_port_of_the_same_host_is_another_token_service",
            "reports::trust::servers::s2_a_pin_is_kept_in_a_folder_of_a_group_and_told_if_it_cannot_be",
        ],
    ),
    (
        "S5",
        &[
            "reference::server::tests::s5_docker_hub_is_known_in_every_spelling",
            "auth::key::tests::s5_docker_hub_has_its_credentials_under_every_spelling_and_at_its_own_port_only",
            "config::endpoints::tests::s5_docker_hub_is_https_and_verified_in_every_spelling",
            "reports::trust::servers::s5_nothing_is_said_to_docker_hub_in_clear",
            "reports::trust::servers::s5_docker_hub_is_verified_whatever_flags_and_files_say",
        ],
    ),
];
