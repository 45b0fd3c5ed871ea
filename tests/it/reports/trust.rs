//! Which server is trusted, and who gets a password.

mod certificates;
mod secrets;
mod servers;

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "R1",
        &[
            "http::x509::tests::what_a_certificate_is_for_is_read",
            "http::x509::tests::the_roots_of_the_web_are_read",
            "reports::trust::certificates::r1_a_self_signed_certificate_of_the_tutorials_is_trusted_where_it_was_put",
            "reports::trust::certificates::r1_a_leaf_that_is_marked_as_an_authority_is_trusted_by_its_authority_and_by_itself",
            "reports::trust::certificates::r1_a_certificate_of_an_authority_that_nobody_knows_can_be_trusted_itself",
            "reports::trust::certificates::r1_a_self_signed_certificate_that_was_not_put_there_is_refused",
            "reports::trust::certificates::r1_a_trusted_certificate_that_is_no_authority_vouches_only_for_itself",
            "reports::trust::certificates::r1_name_and_dates_of_a_trusted_certificate_count",
            "reports::trust::certificates::r1_what_is_wrong_with_a_certificate_is_said_in_words",
            "reports::trust::certificates::r1_a_broken_certificate_beside_a_good_one_is_warned_of",
        ],
    ),
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
    (
        "S9",
        &[
            "auth::realm::tests::s9_a_realm_does_not_choose_what_a_token_is_for",
            "auth::token_services::tests::s9_a_pin_holds_for_the_service_and_one_without_it_learns_it",
            "reports::trust::servers::s9_a_registry_gets_no_token_for_another_one_that_has_the_same_token_service",
            "reports::trust::servers::s9_a_login_of_an_older_version_learns_the_service_at_its_next_use",
            "reports::trust::servers::s9_a_registry_that_is_its_own_token_service_may_rename_itself",
            "reports::trust::servers::s9_a_login_at_a_terminal_says_where_the_password_goes_before_it_is_typed",
            "reports::trust::servers::s9_a_login_at_the_registry_itself_needs_no_words_about_another_server",
            "reports::trust::servers::s9_a_real_registry_behind_a_token_service_works_day_by_day",
        ],
    ),
    (
        "S10",
        &[
            "reports::trust::secrets::s10_a_token_service_that_was_named_to_nobody_gets_no_password_later",
            "reports::trust::secrets::s10_who_leads_back_to_the_registry_does_not_choose_what_gets_credentials",
            "reports::trust::secrets::s10_who_takes_an_upload_does_not_lead_it_back_with_credentials",
            "reports::trust::secrets::s10_a_user_in_a_url_that_a_server_names_logs_nobody_in",
        ],
    ),
    (
        "D11",
        &[
            "auth::token_services::tests::d11_no_login_unpins_an_older_one",
            "commands::login::tests::d11_a_password_of_the_command_line_is_not_shown",
        ],
    ),
];
