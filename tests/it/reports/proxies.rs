//! Proxies, networks, what tokens are asked for, and what is shown of secrets and of servers' texts.

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
