//! Faults of networks, servers and registries, by the ids of their catalogue. Names of tests begin with them.
//!
//! | id | tests |
//! |---|---|
//! | N01 N02 N04–N07 N09 N10 N15 N17 N18 N21–N24 | [`network`]; N01, N02 at real registries in `registry::recovery` |
//! | N11 N12 N16 N19 N20 | [`uploads`], [`uploads_again`]; N11 after a mount in [`sessions`]; N11, N12 at real registries in `registry::recovery` |
//! | N24 | the proxy that refuses: the hint names proxies, but not whether it was the proxy that refused |
//! | H22 H24 | of uploads: [`sessions`] |
//! | H01–H11 H22–H24 H49 H50 H52–H54, HTTP/2 | [`http`]; H01, H03, H04 at real registries in `registry::recovery` |
//! | H12–H15 H17–H21 H47 H48 | [`resume`]; H12 H13 H15 H18–H21 of pieces in [`pieces`], H17 of a last part in [`parts`] |
//! | places that registries lead to | [`places`] |
//! | mirrors whose bodies break | [`mirrors`]; that send wrong bytes: [`lying_mirrors`] |
//! | H25–H37 H40–H45 H55 H56 | [`uploads`]; H34 H37 H42 H45 also in [`sessions`] |
//! | A01–A13 A24 A28 | [`auth_tokens`]; A01–A03 at real registries in `tokens` (`tokens_that_are_revoked_…`) |
//! | A14–A16 A19–A21 A29 | [`auth_origins`]; A14 at real registries in `tokens` and `hub` |
//! | A17 A18 | `tokens::origins` (`credentials_do_not_follow_a_redirect_…`, `another_address_…`); H22 in [`http`] |
//! | A19 | `tokens::origins::credentials_do_not_follow_an_upload_to_another_address`; H32 in [`uploads`] |
//! | A29 | `tokens::origins::a_token_service_without_tls_gets_nothing_for_a_registry_with_tls` |
//! | A22 | `tokens::debug::debug_tells_all_but_the_secrets`, and every command of every test |
//! | A23 | `tokens::a_wrong_password_is_refused_in_dockers_words_and_config_json_stays` |
//! | A27 | `tokens::services` |
//! | A30 | `tokens::reach::a30_r12_a_registry_leads_nowhere_further_inwards_than_it_is` |
//! | L01–L06 L08–L13 | [`lists`] |
//! | R01–R04 R06–R09 R11 | [`limits`]; R01 of many manifests together: [`plans`] |
//! | I01–I13 | [`integrity`]; I12 at real registries in `registry::push`; I01 of uploads in [`sessions`], I06 of uploads in [`uploads`] |
//! | I01 I02 | at real registries in `registry::recovery`, of parts in [`resume`] (H21), in Docker's words in `transcripts::t15_faults` |
//! | M01–M17 M19–M22 M43 | [`content`]; M10 M12 also in `image::manifest`, M13–M17 in `digest` |
//! | M26–M37 M39 M41 M42 | [`documents`]; M26–M37 also in `image::manifest`, M41 M42 in `bad_input::inspections` |
//! | M01–M05 M44 | of archives: `archives::bad`, `bad_input::imports` |
//! | R10 | [`input`] |
//! | C01 | `words::config_json::transcript_10_what_regcli_does_not_know_stays_and_so_does_the_order`; all edits of any file: `auth::docker_file::whoever_logs_in_and_out_nothing_else_changes` |
//! | C02 | `auth::keychain::a_file_that_others_could_read_is_closed_and_said`, `auth::docker_file::a_file_with_secrets_is_closed_to_others_and_one_without_keeps_its_mode` |
//! | C03 | `words::config_json::transcript_10_a_link_stays_a_link_even_if_it_leads_nowhere_yet` |
//! | C04 | `bad_input::config_json`: `an_anonymous_pull_warns_and_goes_on`, `login_and_logout_never_write_over_what_they_cannot_read` |
//! | C05 | `bad_input::config_json::an_anonymous_pull_warns_and_goes_on`, `auth::docker_file::an_empty_file_and_a_byte_order_mark_are_taken` |
//! | C07 C09 C10 C12 C14 | [`files`] |
//! | C11 | [`files`]; not there: also `transcripts::t10_config_json::transcript_10_a_helper_that_is_not_there`; the time limit: `auth::credential_helper::a_hanging_helper_is_killed` |
//! | C13 | [`files`]; `<token>`: `auth::credential::an_identity_token_is_told_from_a_password_by_its_user`, `words::login::transcript_16_an_identity_token_is_stored_in_place_of_the_password` |
//! | T01 T03 T06 T07 | [`terminal`]; T06 without a terminal in `bad_input::streams::login_with_a_closed_stdin_asks_nobody`; T07 while uploads are given up in `processes::a_second_signal_ends_what_the_first_one_left_to_do` |
//! | T04 | `terminal::a_terminal_that_can_do_nothing_gets_lines_and_nobody_gets_colours`, `terminal::narrow::nobody_gets_colours_even_if_they_are_asked_for` |
//! | T08 | `terminal::narrow::a_terminal_without_utf_8_gets_ascii_only` |
//! | U01 U02 U04 | [`input`]; U01 in more commands in `bad_input::references`, U02 as recorded in `references` |
//! | F01–F11 | `crashes`, whose table names the tests |
//! | R12 | `tokens::reach` |
//!
//! Two cannot be made on loopback as the network makes them: N22 with packets that vanish (a full queue of the
//! listener stands for it), and N24 with an IPv6 route that is dead (an address where nobody listens stands for it).

mod content;
mod documents;
mod foreign;
mod auth_origins;
mod auth_tokens;
mod http;
mod integrity;
mod files;
mod input;
mod limits;
mod lists;
mod lying_mirrors;
mod mirrors;
mod network;
mod parts;
mod pieces;
mod places;
mod plans;
mod resume;
mod sessions;
mod terminal;
mod uploads;
mod uploads_again;

use crate::support::scripted::{Heard, Route, Scripted};
use crate::support::{Fixture, Home, Part, blob_path, sha256};

/// Enough that a chunk more or less is no tenth of it, and too little to be split.
const BYTES: usize = 4 << 20;

/// How long a server may say nothing, where a test waits for that.
const TIMEOUT: &str = "1s";

/// More than any command may take.
const MEMORY: u64 = 64 << 20;

/// A scripted registry with an image in it, and somebody who wants to pull it.
struct Pulling {
    registry: Scripted,
    fixture: Fixture,
    home: Home,
}

impl Pulling {
    /// An image with a layer of 4 MiB and a small one.
    fn heavy() -> Self {
        Self::of(Scripted::start(), Fixture::heavy(BYTES))
    }

    /// An image of two small layers.
    fn small() -> Self {
        Self::of(Scripted::start(), Fixture::small())
    }

    fn of(registry: Scripted, fixture: Fixture) -> Self {
        registry.seed("app", &fixture, "1");
        Self { registry, fixture, home: Home::fresh() }
    }

    /// `127.0.0.1:PORT/app:1`
    fn image(&self) -> String {
        self.registry.at("app:1")
    }

    /// The larger layer.
    fn layer(&self) -> &Part {
        heaviest(&self.fixture)
    }

    /// Asserts that all of the image is in the store, under its name.
    #[track_caller]
    fn is_kept(&self) {
        kept(&self.home, &self.fixture);
        let names = self.home.run(["images", "-q"]).succeeds().stdout;
        assert_eq!(names.lines().count(), 1, "{names}");
    }

    /// Asserts that the store shows nothing of it: no tag, and no file under a final name with other content.
    #[track_caller]
    fn is_not_kept(&self) {
        not_kept(&self.home);
    }

    /// Asserts that at most a tenth of the bytes came twice.
    #[track_caller]
    fn took_little_twice(&self) {
        little_twice(self.registry.blob_bytes_sent(), self.fixture.blob_bytes());
    }

    /// Asserts that next to none of them did: for connections that end in order, so that nothing is lost on the way.
    #[track_caller]
    fn took_next_to_nothing_twice(&self) {
        self.took_little_twice();
        let (moved, all) = (self.registry.blob_bytes_sent(), self.fixture.blob_bytes());
        assert!(moved * 100 <= all * 102, "{moved} bytes moved for {all}");
    }
}

/// A scripted registry, and somebody who wants to push an image there.
struct Pushing {
    registry: Scripted,
    fixture: Fixture,
    home: Home,
}

impl Pushing {
    /// An image with a layer of 4 MiB and a small one, which the registry has already, as the config.
    fn heavy() -> Self {
        let pushing = Self::of(Scripted::start(), Fixture::heavy(BYTES));
        let layer = heaviest(&pushing.fixture);
        for blob in pushing.fixture.blobs.iter().filter(|blob| *blob != layer) {
            pushing.registry.seed_blob("app", &blob.digest, pushing.fixture.content(&blob.digest));
        }
        pushing
    }

    /// An image of two small layers.
    fn small() -> Self {
        Self::of(Scripted::start(), Fixture::small())
    }

    fn of(registry: Scripted, fixture: Fixture) -> Self {
        let home = Home::fresh();
        home.run(["copy", "-q", &fixture.place(), &format!("store:{}", registry.at("app:1"))]).succeeds();
        Self { registry, fixture, home }
    }

    /// `127.0.0.1:PORT/app:1`
    fn image(&self) -> String {
        self.registry.at("app:1")
    }

    /// The larger layer.
    fn layer(&self) -> &Part {
        heaviest(&self.fixture)
    }

    #[track_caller]
    fn succeeds(&self) {
        self.home.run(["push", &self.image()]).succeeds();
        self.registry.holds("app", &self.fixture, "1");
    }

    /// The requests that brought bytes of blobs.
    fn bodies(&self) -> Vec<Heard> {
        let mut heard = self.registry.heard();
        heard.retain(|heard| matches!(heard.route, Route::UploadPut | Route::UploadPatch) && heard.taken > 0);
        heard
    }

    /// How many bytes of blobs the registry has taken.
    fn sent(&self) -> u64 {
        self.bodies().iter().map(|heard| heard.taken).sum()
    }
}

fn heaviest(fixture: &Fixture) -> &Part {
    fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap()
}

/// Asserts that every byte of an image is in the store.
#[track_caller]
fn kept(home: &Home, fixture: &Fixture) {
    for part in fixture.blobs.iter().chain(fixture.manifests.values()).chain([&fixture.root]) {
        let found = std::fs::read(blob_path(&home.store(), &part.digest)).ok();
        assert!(found == Some(fixture.content(&part.digest)), "{} is not as it should be", part.digest);
    }
}

#[track_caller]
fn not_kept(home: &Home) {
    assert_eq!(home.run(["images", "-q"]).succeeds().stdout, "", "no tag without its content");
    let Ok(blobs) = std::fs::read_dir(home.store().join("blobs/sha256")) else { return };
    for blob in blobs.map(Result::unwrap) {
        let name = format!("sha256:{}", blob.file_name().to_string_lossy());
        assert_eq!(
            sha256(&std::fs::read(blob.path()).unwrap()),
            name,
            "it has other content than its name says"
        );
    }
}

#[track_caller]
fn little_twice(moved: u64, all: u64) {
    eprintln!("{moved} bytes moved for {all}: {:.3} x", moved as f64 / all as f64);
    assert!(moved >= all && moved * 10 <= all * 11, "{moved} bytes moved for {all}");
}
