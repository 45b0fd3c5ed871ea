//! Proxies, networks, what tokens are asked for, and what is shown of secrets and of servers' texts.

mod forwarding;
mod scopes;
mod secrets;

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "S9",
        &[
            "reports::proxies::scopes::s9_a_registry_is_given_no_token_for_what_the_command_is_not_about",
            "protocol::scope::s9_a_challenge_adds_only_what_the_command_is_about",
            "protocol::scope::s9_no_challenge_brings_a_repository_or_a_right_that_was_not_asked_for",
        ],
    ),
    (
        "S7",
        &[
            "tokens::reach::s7_a_registry_is_where_it_has_answered_from_whatever_its_name_meant_first",
            "tokens::reach::s7_behind_a_proxy_a_registry_is_public_whatever_its_name_means_here",
            "http::reach::s7_addresses_that_stand_for_others_and_those_of_clouds_are_in_their_zones",
            "http::reach::s7_what_has_not_answered_or_is_behind_a_proxy_is_public",
            "http::reach::s7_a_proxy_is_connected_to_and_not_led_to",
        ],
    ),
    (
        "R4",
        &[
            "reports::proxies::forwarding::r4_no_proxy_means_what_it_means_to_go",
            "http::proxy::rules::r4_exceptions_mean_what_they_mean_to_go",
            "http::proxy::rules::r4_ports_wildcards_and_case_count",
            "config::environment::r4_of_two_spellings_the_upper_one_counts_and_an_empty_one_is_not_set",
        ],
    ),
    (
        "R8",
        &[
            "reports::proxies::forwarding::r8_a_real_proxy_that_refuses_is_named_with_its_answer",
            "reports::proxies::forwarding::r8_a_proxy_that_is_not_there_or_another_one_is_named",
            "reports::proxies::forwarding::r8_a_variable_that_is_no_proxy_is_an_error_before_anything_is_sent",
            "reports::proxies::forwarding::r8_doctor_tells_the_same_of_a_proxy",
            "reports::proxies::forwarding::r8_images_come_and_go_by_a_proxy_that_asks_for_a_password",
            "reports::proxies::forwarding::r8_what_a_proxy_answers_for_a_registry_without_tls_is_told_as_the_proxys",
            "reports::proxies::forwarding::r8_what_a_registry_without_tls_answers_through_a_proxy_is_told_as_its_own",
            "reports::proxies::forwarding::r8_a_registry_without_tls_that_restarts_behind_a_proxy_is_waited_for",
            "http::proxy::tests::r8_an_answer_is_the_proxys_if_it_says_so_and_no_registry_does",
            "http::proxy::inquiry::r8_what_a_proxy_answers_is_told",
            "http::proxy::inquiry::r8_what_a_socks_proxy_answers_is_told",
            "http::proxy::r8_what_is_no_address_of_a_proxy_is_no_proxy",
        ],
    ),
    (
        "D5",
        &["reports::proxies::scopes::d5_all_tags_of_a_repository_take_one_token_and_one_run_of_the_helper"],
    ),
    (
        "S11",
        &[
            "reports::proxies::secrets::s11_a_password_in_a_url_that_was_typed_is_not_repeated",
            "reports::proxies::secrets::s11_debug_shows_nothing_of_what_strangers_write_into_queries",
            "reference::user_info::s11_a_user_and_a_password_before_a_host_are_hidden",
            "reference::user_info::s11_references_digests_and_addresses_are_left_as_they_are",
            "http::url::s11_nothing_secret_of_a_url_is_shown",
        ],
    ),
    (
        "S13",
        &[
            "reports::proxies::secrets::s13_a_config_json_that_others_can_read_is_used_and_warned_of_once",
            "reports::proxies::secrets::s13_no_server_makes_an_error_longer_than_people_read",
            "protocol::error_body::s13_no_error_is_longer_than_people_read",
        ],
    ),
];
