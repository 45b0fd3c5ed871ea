//! What the recordings of the real Docker show and no test elsewhere holds regcli to.
//!
//! `README.md` in this folder has a row for each scenario of each transcript: the test that mirrors it, here or
//! elsewhere, or why there is none.

mod t03_login_tls;
mod t04_login_hub_token;
mod t05_push;
mod t06_pull;
mod t09_load;
mod t10_config_json;
mod t15_faults;
mod t18_skopeo_login;
mod t19_odd_servers;
mod t20_mirror_faults;
mod t21_wire;

use crate::support::{Home, Outcome};
use crate::words::Recording;

/// Logs in with the password on standard input.
#[track_caller]
fn login(home: &Home, user: &str, password: &str, server: &str) -> Outcome {
    home.regcli(["login", "-u", user, "--password-stdin", server]).stdin(password).run()
}

/// A recording in this home, where `HOST` stands for the registry's address.
fn recording(home: &Home, host: impl std::fmt::Display) -> Recording {
    Recording::at(home).with(host, "HOST")
}

/// What docker says when a password is written to config.json in clear, each line marked as one of standard error.
const UNENCRYPTED: &str = "err|
    err| WARNING! Your credentials are stored unencrypted in 'HOME/.docker/config.json'.
    err| Configure a credential helper to remove this warning. See
    err| https://docs.docker.com/go/credential-store/
    err|";
