//! Every sentence of Docker's that users' scripts read, and nothing else.
//!
//! The sentences are word for word those of docker CLI 28; sentences marked `v29` are newer. Each names the
//! transcript of the contract (`contract/transcripts/NN`) or the section of `contract/docker.md` that it
//! comes from. The caller must make foreign texts [safe](super::safe).

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use regcli::digest::Digest;
use regcli::reference::{self, Name, Reference, Registry, RepositoryName, Tag};

/// The key of Docker Hub in config.json, named by `logout` without a server (04).
const HUB_KEY: &str = "https://index.docker.io/v1/";

// --- pull (06), push (05)

/// The reference has neither tag nor digest (05, 06).
pub(crate) fn using_default_tag() -> &'static str {
    "Using default tag: latest"
}

/// The first line of a pull: the tag, or the full name with the digest, then the path (06).
pub(crate) fn pulling_from(reference: &Reference) -> String {
    let path = &reference.name.repository;
    match &reference.digest {
        Some(digest) => format!("{}@{digest}: Pulling from {path}", reference.name),
        None => format!("{}: Pulling from {path}", reference.selector()),
    }
}

/// The digest of the tag (06).
pub(crate) fn digest_line(digest: &Digest) -> String {
    format!("Digest: {digest}")
}

/// The pull downloaded something new (06).
pub(crate) fn status_downloaded(reference: &Reference) -> String {
    format!("Status: Downloaded newer image for {}", status_name(reference))
}

/// The pull downloaded nothing new (06).
pub(crate) fn status_up_to_date(reference: &Reference) -> String {
    format!("Status: Image is up to date for {}", status_name(reference))
}

/// A tag beside a digest is left out; a bare name stands for all its tags.
fn status_name(reference: &Reference) -> String {
    match &reference.digest {
        Some(digest) => Reference::digested(reference.name.clone(), digest.clone()).familiar(),
        None => reference.familiar(),
    }
}

/// The first line of a push (05).
pub(crate) fn push_refers_to(name: &Name) -> String {
    format!("The push refers to repository [{name}]")
}

/// The last line of a push; the size is that of the manifest, in bytes (05).
pub(crate) fn pushed(tag: &Tag, digest: &Digest, size: u64) -> String {
    format!("{tag}: digest: {digest} size: {size}")
}

/// Only one image of an index is in the store, and it was pushed alone (docker.md §5, v29).
pub(crate) fn only_part_was_pushed(index: &Digest, pushed: &Digest) -> String {
    format!(
        "Not all multiplatform-content is present and only the available single-platform image was pushed\n\
         {index} -> {pushed}"
    )
}

/// An index is in the store, but the push is limited to one image of it; on stderr (docker.md §5, v29).
pub(crate) const ONLY_A_PLATFORM_IS_PUSHED: &str = "Using --platform pushes only the specified platform manifest of a multi-platform image index.\n\
     Other components, like attestations, will not be included.\n\
     To push the complete multi-platform image, remove the --platform flag.\n";

/// `-a` requires a name without tag and digest (05, 06).
pub(crate) const TAG_WITH_ALL_TAGS: &str = "tag can't be used with --all-tags/-a";

/// A push requires a tag (05).
pub(crate) const PUSH_OF_DIGEST: &str = "cannot push a digest reference";

// --- layers, each after `ID: ` (05, 06, 15)

/// Formats a line about one layer: the first twelve characters of its hash, and a word.
pub(crate) fn layer(digest: &Digest, word: impl Display) -> String {
    format!("{}: {word}", digest.short())
}

/// The layer is missing in the store (06).
pub(crate) const PULLING_FS_LAYER: &str = "Pulling fs layer";
/// The layer is in the store (06).
pub(crate) const ALREADY_EXISTS: &str = "Already exists";
/// The layer is being downloaded; on a terminal only (06).
pub(crate) const DOWNLOADING: &str = "Downloading";
/// The layer is downloaded and matches its digest (06).
pub(crate) const DOWNLOAD_COMPLETE: &str = "Download complete";
/// The layer is visible in the store (06).
pub(crate) const PULL_COMPLETE: &str = "Pull complete";
/// The layer will be pushed (05).
pub(crate) const PREPARING: &str = "Preparing";
/// The layer waits for others (05, 06).
pub(crate) const WAITING: &str = "Waiting";
/// The layer is being uploaded; on a terminal only (05).
pub(crate) const PUSHING: &str = "Pushing";
/// The registry has stored the layer (05).
pub(crate) const PUSHED: &str = "Pushed";
/// The registry already had the layer (05).
pub(crate) const LAYER_ALREADY_EXISTS: &str = "Layer already exists";

/// The registry mounted the layer from another of its repositories (05).
pub(crate) fn mounted_from(repository: &RepositoryName) -> String {
    format!("Mounted from {repository}")
}

/// The connection broke (15).
pub(crate) fn retrying_in(wait: Duration) -> String {
    match wait.as_secs_f64().ceil() {
        0.0 => "Retrying".to_owned(),
        1.0 => "Retrying in 1 second".to_owned(),
        seconds => format!("Retrying in {seconds} seconds"),
    }
}

// --- login, logout (01, 02, 04)

/// The credentials are accepted (01).
pub(crate) const LOGIN_SUCCEEDED: &str = "Login Succeeded";

/// `-p` on the command line, where other users see it (01).
pub(crate) const PASSWORD_IS_INSECURE: &str =
    "WARNING! Using --password via the CLI is insecure. Use --password-stdin.";

/// Two ways to give a password at the same time (01).
pub(crate) const CONFLICTING_PASSWORDS: &str =
    "conflicting options: cannot specify both --password and --password-stdin";

/// A password from stdin without a user name (01).
pub(crate) const STDIN_NEEDS_USERNAME: &str = "the --password-stdin option requires --username to be set";

/// `-u ''` (01).
pub(crate) const USERNAME_IS_EMPTY: &str = "username is empty";

/// `-p ''` (01).
pub(crate) const PASSWORD_IS_EMPTY: &str = "password is empty";

/// No terminal to ask at (01; v29).
pub(crate) const NOT_INTERACTIVE: &str = "cannot perform an interactive login from a non-TTY device";

/// An empty answer to the prompt for the user name (02; v29).
pub(crate) const USERNAME_IS_REQUIRED: &str = "username is required";

/// An empty answer to the prompt for the password (02; v29).
pub(crate) const PASSWORD_IS_REQUIRED: &str = "password is required";

/// Before the prompts for Docker Hub (04).
pub(crate) const HUB_PROLOGUE: &str = "Log in with your Docker ID or email address to push and pull images from \
    Docker Hub. If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.";

/// After the prologue, unless `DOCKER_CLI_HINTS` is false (04).
pub(crate) const HUB_TOKEN_HINT: &str = "You can log in with your password or a Personal Access Token (PAT). \
    Using a limited-scope PAT grants better security and is required for organizations using SSO. Learn more at \
    https://docs.docker.com/go/access-tokens/\n";

/// Before the password for Docker Hub, whatever `DOCKER_CLI_HINTS` says; on stderr (04).
pub(crate) const HUB_TOKEN_NOTE: &str = "\n Info -> A Personal Access Token (PAT) can be used instead.\n         \
    To create a PAT, visit https://app.docker.com/settings\n         \n         ";

/// The prompt for the password, which is not echoed (02).
pub(crate) const PASSWORD_PROMPT: &str = "Password: ";

/// The prompt for the user name; an empty answer keeps the stored one, if any (02).
pub(crate) fn username_prompt(stored: Option<&str>) -> String {
    match stored {
        Some(name) => format!("Username ({name}): "),
        None => "Username: ".to_owned(),
    }
}

/// Stored credentials are tried first; on stderr, with the note and the empty lines around it (01). The
/// commands in the note are regcli's, because docker may not be installed.
pub(crate) fn existing_credentials(username: &str) -> String {
    format!(
        "Authenticating with existing credentials... [Username: {username}]\n\n \
         Info -> To login with a different account, run 'regcli logout' followed by 'regcli login'\n\n\n"
    )
}

/// The token service refused the stored credentials (docker.md §1).
pub(crate) const STORED_CREDENTIALS_INVALID: &str = "Stored credentials invalid or expired";

/// The stored credentials could not be tried, or the registry itself refused them (02).
pub(crate) fn login_did_not_succeed(error: impl Display) -> String {
    format!("Login did not succeed, error: {error}")
}

/// The password is stored in a file; on stderr, with an empty line before and after (01).
pub(crate) fn stored_unencrypted(config: &Path) -> String {
    format!(
        "\nWARNING! Your credentials are stored unencrypted in '{}'.\n\
         Configure a credential helper to remove this warning. See\n\
         https://docs.docker.com/go/credential-store/\n\n",
        config.display()
    )
}

/// `DOCKER_AUTH_CONFIG` overrides the credentials that login stores; on stderr (docker.md §1).
pub(crate) const AUTH_CONFIG_IS_SET: &str = "\n Warn -> DOCKER_AUTH_CONFIG is set and takes precedence.\n         \
    Unset DOCKER_AUTH_CONFIG to restore the CLI auth behaviour.\n         \n";

/// The line of logout, printed even if there was nothing to remove (01, 04).
pub(crate) fn removing_credentials(registry: &Registry) -> String {
    let server = if registry.is_hub() { HUB_KEY } else { registry.as_str() };
    format!("Removing login credentials for {server}")
}

// --- tag, rmi (09)

/// A removed name (09).
pub(crate) fn untagged(name: impl Display) -> String {
    format!("Untagged: {name}")
}

/// Removed content (09).
pub(crate) fn deleted(digest: &Digest) -> String {
    format!("Deleted: {digest}")
}

/// The last line of `docker image prune`.
pub(crate) fn total_reclaimed(bytes: u64) -> String {
    format!("Total reclaimed space: {}", super::units::size(bytes))
}

/// An invalid target (09).
pub(crate) fn not_a_valid_tag(error: &reference::Error) -> String {
    format!("Error parsing reference: {:?} is not a valid repository/tag: {error}", error.input)
}

/// A target with a digest (09).
pub(crate) const TAG_WITH_DIGEST: &str = "refusing to create a tag with a digest reference";

// --- save, load (09)

/// An archive must not go to a terminal (09).
pub(crate) const SAVE_TO_TERMINAL: &str =
    "cowardly refusing to save to a terminal. Use the -o flag or redirect";

/// An archive must not come from a terminal (09).
pub(crate) const STDIN_IS_EMPTY: &str = "requested load from stdin, but stdin is empty";

/// A layer is being loaded from an archive; on a terminal only (09).
pub(crate) const LOADING_LAYER: &str = "Loading layer";

/// A loaded image with a name (09).
pub(crate) fn loaded_image(reference: &Reference) -> String {
    format!("Loaded image: {}", reference.familiar())
}

/// A loaded image without a name: the digest of its config (docker.md §6).
pub(crate) fn loaded_image_id(id: &Digest) -> String {
    format!("Loaded image ID: {id}")
}

/// The name belonged to another image before (20.10; docker prints it where we print results).
pub(crate) fn renaming_the_old_one(reference: &Reference, old: &Digest) -> String {
    let name = reference.familiar();
    format!("The image {name} already exists, renaming the old one with ID {old} to empty string")
}

// --- images, inspect (09)

/// A command of `image` after `images`, which would look for images of that name; on stderr (docker.md §6;
/// v29).
pub(crate) fn command_taken_for_an_image(word: &str) -> String {
    format!("\nNo images found matching {word:?}: did you mean \"regcli image {word}\"?")
}

/// A flag that conflicts with `--tree` (docker.md §6; v28).
pub(crate) fn not_with_tree(flag: &str) -> String {
    format!("{flag} is not yet supported with --tree")
}

/// Neither an image nor anything else has this name (09; docker inspect of v28).
pub(crate) fn no_such_object(name: &str) -> String {
    format!("No such object: {name}")
}

/// `--size` applies to containers; on stderr, after `WARNING: ` (docker inspect of v28).
pub(crate) const SIZE_IGNORED: &str = "--size ignored for image";

// --- search (08)

/// The filter exists in Docker, but automated builds no longer do; on stderr (08).
pub(crate) const IS_AUTOMATED_IS_DEPRECATED: &str = "WARNING: the \"is-automated\" filter is deprecated, and \
    searching for \"is-automated=true\" will not yield any results in future.";

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "568eda6468ba16ca44f01e46d1441a0f072836f9c1159902f81578ac5778ced7";

    fn reference(text: &str) -> Reference {
        text.replace("DIGEST", &format!("sha256:{HEX}")).parse().unwrap()
    }

    fn digest() -> Digest {
        format!("sha256:{HEX}").parse().unwrap()
    }

    /// The lines of a pull on stdout, as in transcript 06.
    fn pull(text: &str, status: fn(&Reference) -> String) -> Vec<String> {
        let reference = reference(text);
        vec![pulling_from(&reference), status(&reference)]
    }

    #[test]
    fn a_pull_reads_as_in_the_transcript() {
        assert_eq!(
            pull("127.0.0.1:5010/team/app:1.0", status_downloaded),
            ["1.0: Pulling from team/app", "Status: Downloaded newer image for 127.0.0.1:5010/team/app:1.0",]
        );
        assert_eq!(
            pull("ubuntu:latest", status_up_to_date),
            ["latest: Pulling from library/ubuntu", "Status: Image is up to date for ubuntu:latest"]
        );
        let full = format!("127.0.0.1:5010/ubuntu@sha256:{HEX}");
        assert_eq!(
            pull("127.0.0.1:5010/ubuntu:latest@DIGEST", status_up_to_date),
            [format!("{full}: Pulling from ubuntu"), format!("Status: Image is up to date for {full}")]
        );
        assert_eq!(
            status_downloaded(&reference("127.0.0.1:5010/team/app")),
            "Status: Downloaded newer image for 127.0.0.1:5010/team/app"
        );
        assert_eq!(digest_line(&digest()), format!("Digest: sha256:{HEX}"));
    }

    #[test]
    fn a_push_reads_as_in_the_transcript() {
        let reference = reference("127.0.0.1:5010/ubuntu");
        assert_eq!(push_refers_to(&reference.name), "The push refers to repository [127.0.0.1:5010/ubuntu]");
        assert_eq!(
            push_refers_to(&"demo/x".parse::<Reference>().unwrap().name),
            "The push refers to repository [docker.io/demo/x]"
        );
        assert_eq!(pushed(&Tag::latest(), &digest(), 735), format!("latest: digest: sha256:{HEX} size: 735"));
        assert_eq!(layer(&digest(), LAYER_ALREADY_EXISTS), "568eda6468ba: Layer already exists");
        assert_eq!(
            layer(&digest(), mounted_from(&"team/app".parse().unwrap())),
            "568eda6468ba: Mounted from team/app"
        );
        assert_eq!(
            (retrying_in(Duration::from_secs(5)), retrying_in(Duration::from_millis(250))),
            ("Retrying in 5 seconds".into(), "Retrying in 1 second".into())
        );
    }

    #[test]
    fn a_login_reads_as_in_the_transcript() {
        assert_eq!(
            existing_credentials("user1"),
            "Authenticating with existing credentials... [Username: user1]\n\
             \n Info -> To login with a different account, run 'regcli logout' followed by 'regcli login'\n\n\n"
        );
        assert_eq!(
            stored_unencrypted(Path::new("/home/demo/.docker/config.json")),
            "\nWARNING! Your credentials are stored unencrypted in '/home/demo/.docker/config.json'.\n\
             Configure a credential helper to remove this warning. See\n\
             https://docs.docker.com/go/credential-store/\n\n"
        );
        assert_eq!(
            removing_credentials(&Registry::from_server("127.0.0.1:5011").unwrap()),
            "Removing login credentials for 127.0.0.1:5011"
        );
        assert_eq!(
            removing_credentials(&Registry::hub()),
            "Removing login credentials for https://index.docker.io/v1/"
        );
        assert_eq!(
            AUTH_CONFIG_IS_SET,
            "\n Warn -> DOCKER_AUTH_CONFIG is set and takes precedence.\n         \
             Unset DOCKER_AUTH_CONFIG to restore the CLI auth behaviour.\n         \n"
        );
        assert_eq!(username_prompt(Some("user1")), "Username (user1): ");
    }

    #[test]
    fn local_commands_read_as_in_the_transcript() {
        assert_eq!(no_such_object("nosuch:1"), "No such object: nosuch:1");
        assert_eq!(not_with_tree("--quiet"), "--quiet is not yet supported with --tree");
        assert_eq!(untagged("ubuntu:latest"), "Untagged: ubuntu:latest");
        assert_eq!(deleted(&digest()), format!("Deleted: sha256:{HEX}"));
        let error = "x:bad:tag".parse::<Reference>().unwrap_err();
        assert_eq!(
            not_a_valid_tag(&error),
            "Error parsing reference: \"x:bad:tag\" is not a valid repository/tag: invalid reference format"
        );
    }
}
