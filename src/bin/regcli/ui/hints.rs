//! Hints in words. Only this module knows which flags and files help.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regcli::diagnose::{Hint, Provider, ProxyAdvice};
use regcli::reference::{self, Registry};

use crate::ui::format::safe::{safe, safe_start};
use crate::ui::format::units;

/// Returns the words of a hint.
pub(crate) fn words(hint: &Hint) -> String {
    match hint {
        Hint::LogIn { registry } => format!("log in: {}", login(registry)),
        Hint::AcceptTokenService { registry } => accept_token_service(registry),
        Hint::CheckAccess { registry, repository } => check_access(registry, repository.as_deref()),
        Hint::CheckPassword { registry } => check_password(registry).to_owned(),
        Hint::AllowPlainHttp { registry } => allow_plain_http(registry),
        Hint::TrustAuthority { registry } => trust_authority(registry),
        Hint::AllowPrivateAddresses { registry } => allow_private_addresses(registry),
        Hint::ShowCertificate { registry } => show_certificate(registry),
        Hint::CheckAddress { registry } => check_address(registry),
        Hint::CheckNetwork => CHECK_NETWORK.to_owned(),
        Hint::Proxy { variable, advice } => about_proxy(variable, *advice),
        Hint::DropScheme { scheme } => format!("leave out {scheme}: a reference begins with the host"),
        Hint::NameImage { image } => format!("that is a web page; name its image: {image}"),
        Hint::Lowercase { suggestion } => format!("use lower case: {suggestion}"),
        Hint::ChoosePlatform { available } => choose_platform(available),
        Hint::WriteLibrary { suggestion } => write_library(suggestion),
        Hint::VerifyPlatform { platform } => verify_platform(platform),
        Hint::SeeSignatures { image } => see_signatures("--key FILE", image),
        Hint::SeeCertificates { image } => see_signatures("--identity NAME --issuer URL", image),
        Hint::SeeImages => "list the images of the store: regcli images".to_owned(),
        Hint::NameStore => "set REGCLI_STORE to a writable directory, or use --store DIR".to_owned(),
        Hint::NameRepository { registry } => name_repository(registry),
        Hint::SeeFiles { image, nearest } => see_files(image, nearest),
        Hint::SeeTags { repository, nearest } => see_tags(repository, nearest),
        Hint::ListTags { repository } => format!("list its tags: regcli tags {repository}"),
        Hint::SeeCatalog { registry } => format!("list its repositories: regcli catalog {registry}"),
        Hint::NameRegistry => NAME_REGISTRY.to_owned(),
        Hint::ForwardHost { registry, url } => forward_host(registry, url),
        Hint::WaitFor { duration } => wait_for(*duration),
        Hint::TryLater => "try again when it is done".to_owned(),
        Hint::FreeSpace { path } => format!("free space on the file system of {}", path.display()),
        Hint::AllowMoreFiles => "raise the limit of open files: ulimit -n 64 is enough".to_owned(),
        Hint::AllowLargerFiles { path } => allow_larger_files(path),
        Hint::VerifyStore => "find and repair damaged blobs: regcli verify".to_owned(),
        Hint::WaitForLock { process } => wait_for_lock(*process),
        Hint::ServeFolder { path } => serve_folder(path),
        Hint::CheckClock => check_clock(),
        Hint::CheckFile { path } => check_file(path),
        Hint::CheckPath { path } => check_path(path),
        Hint::FixFile { path } => format!("fix {}; regcli did not change it", path.display()),
        Hint::Force => "use --force to do it anyway".to_owned(),
        Hint::UntagOnly { image } => {
            format!("remove only the tag: regcli untag {image}; use --force to delete all of them")
        }
        Hint::AllowDeletion => ALLOW_DELETION.to_owned(),
        Hint::DeleteAtProvider { provider, repository } => delete_at(*provider, repository),
        Hint::ListPackages => LIST_PACKAGES.to_owned(),
        Hint::RemoveImages => "name the images to remove: regcli rmi IMAGE...".to_owned(),
        Hint::GivePassword => "give both: --username NAME --password-stdin < FILE".to_owned(),
        Hint::ChooseAddress => CHOOSE_ADDRESS.to_owned(),
        Hint::ChooseRoot => "use another directory: regcli serve --root DIR".to_owned(),
        Hint::UseNewerVersion => USE_NEWER_VERSION.to_owned(),
        Hint::NameEngine => NAME_ENGINE.to_owned(),
        Hint::ForwardSocket { server } => forward_socket(server),
        Hint::JoinDockerGroup => JOIN_DOCKER_GROUP.to_owned(),
        Hint::SeeContexts => "list the contexts: docker context ls".to_owned(),
        Hint::CopyFromEngine { image, to } => copy_from_engine(image, to),
    }
}

/// A wait that is long enough for its end to be told as a time.
const LONG_WAIT: Duration = Duration::from_secs(10 * 60);

const CHECK_NETWORK: &str = "if Docker Hub is unreachable from here, name a proxy in HTTPS_PROXY: mirrors have no lists \
                             of tags and no search";

/// How many platforms are named: more than official images have.
const PLATFORMS_MAX: usize = 16;

/// The maximum length of a platform, in characters. An index may name anything; real ones are shorter.
const PLATFORM_MAX: usize = 48;

const NAME_REGISTRY: &str =
    "name another registry: regcli catalog HOST[:PORT]; on Docker Hub, search: regcli search TERM";

const CHOOSE_ADDRESS: &str = "use another address: --addr HOST:PORT (port 0 picks a free one)";

const USE_NEWER_VERSION: &str =
    "use the version of regcli that wrote it or a newer one, or another directory: --root DIR";

const NAME_ENGINE: &str =
    "start Docker, or name its socket: DOCKER_HOST=unix:///PATH or DOCKER_HOST=tcp://HOST:PORT";

const JOIN_DOCKER_GROUP: &str = "only root and the group docker may use Docker: sudo usermod -aG docker $USER, \
                                 then log in to this machine again";

const ALLOW_DELETION: &str =
    "allow it in the registry's configuration; for registry:2 or 3, set REGISTRY_STORAGE_DELETE_ENABLED=true";

/// Returns the way to delete at a provider whose registry does not do it.
const LIST_PACKAGES: &str =
    "list the packages: gh api \"/users/OWNER/packages?package_type=container\", or /orgs/OWNER/...";

fn delete_at(provider: Provider, repository: &str) -> String {
    match provider {
        Provider::Amazon => format!(
            "use aws ecr batch-delete-image --repository-name {repository} --image-ids imageTag=TAG, or a lifecycle policy"
        ),
        Provider::GitHub => {
            let name = repository.split_once('/').map_or(repository, |(_, name)| name).replace('/', "%2F");
            format!(
                "delete a version on the package's page, or with gh api --method DELETE \
                 /user/packages/container/{name}/versions/ID; a version is a digest with all its tags"
            )
        }
        Provider::Aliyun => {
            "delete the tag in the console of ACR, or with its API (DeleteRepoTag)".to_owned()
        }
    }
}

/// Returns the command that logs in at a registry; Docker Hub is not named.
fn login(registry: &str) -> String {
    if registry == reference::HUB { "regcli login".to_owned() } else { format!("regcli login {registry}") }
}

fn accept_token_service(registry: &str) -> String {
    format!(
        "the token service has changed and would get the password: only if that is expected, accept it: {}",
        login(registry)
    )
}

fn check_access(registry: &str, repository: Option<&str>) -> String {
    let login = login(registry);
    match repository {
        Some(repository) => format!(
            "{registry} does not let this account use {repository}: use another repository, or log in with another \
             account: {login}"
        ),
        None => format!("{registry} refused the stored credentials: log in again: {login}"),
    }
}

/// Returns what to check when a registry refuses a name with its password.
fn check_password(registry: &str) -> &'static str {
    let host = registry.split(':').next().unwrap_or(registry);
    if registry == reference::HUB {
        "check the name and the password; with two-factor or social login, use a personal access token as the password"
    } else if host.ends_with(".aliyuncs.com") {
        "the user name is the full account name, and the password is the one set for the registry in the console of \
         ACR, not that of the account"
    } else {
        "check the name and the password; with two-factor login or single sign-on, use an access token as the password"
    }
}

fn allow_plain_http(registry: &str) -> String {
    format!(
        "{registry} does not speak TLS: use --plain-http, or add \"{registry}\" to \"insecure-registries\" in \
         /etc/docker/daemon.json"
    )
}

fn trust_authority(registry: &str) -> String {
    format!(
        "name the authority's certificate with --ca-file, or store it as /etc/docker/certs.d/{registry}/ca.crt"
    )
}

fn allow_private_addresses(registry: &str) -> String {
    format!(
        "if this is your own network, allow it in config.toml:\n      [registry.\"{registry}\"]\n      private-addresses = true"
    )
}

fn show_certificate(registry: &str) -> String {
    format!(
        "{registry} requires a client certificate: name one with --cert and --key, or store it as \
         /etc/docker/certs.d/{registry}/client.cert with client.key"
    )
}

/// Returns what to check when no server responds at this address.
fn check_address(registry: &str) -> String {
    if registry == reference::HUB {
        return "if Docker Hub is unreachable from here, name a mirror in \"registry-mirrors\" of \
                /etc/docker/daemon.json, or a proxy in HTTPS_PROXY"
            .to_owned();
    }
    match Registry::from_server(registry) {
        Ok(here) if here.is_loopback() && here.port().is_some() => {
            format!("no registry listens there: start one with regcli serve --addr {registry}")
        }
        // Without a port, clients use those of the web, where a registry does not listen.
        Ok(here) if here.is_loopback() => {
            format!("no registry listens there: start one with regcli serve, and name it {registry}:5000")
        }
        Ok(_) | Err(_) => {
            format!("check the name {registry} and the network; set HTTPS_PROXY if a proxy is needed")
        }
    }
}

/// Returns the hint about the proxy that a variable names.
fn about_proxy(variable: &str, advice: ProxyAdvice) -> String {
    match advice {
        ProxyAdvice::Check => {
            format!("check {variable}; list the registries that need no proxy in NO_PROXY")
        }
        ProxyAdvice::LogIn => {
            format!("add a user name and a password: {variable}=http://USER:PASSWORD@HOST:PORT")
        }
        ProxyAdvice::PlainHttp => format!("write http:// instead of https:// in {variable}"),
        ProxyAdvice::Https => format!("write https:// instead of http:// in {variable}"),
        ProxyAdvice::Write => format!("set {variable} to http://HOST:PORT, or unset it"),
    }
}

fn choose_platform(available: &[String]) -> String {
    match available {
        [] => "the image does not declare its platforms".to_owned(),
        available => {
            let named = available.iter().take(PLATFORMS_MAX);
            let named: Vec<_> = named.map(|platform| safe_start(platform, PLATFORM_MAX)).collect();
            let more = match available.len().saturating_sub(PLATFORMS_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("available: {}{more} (choose with --platform)", named.join(", "))
        }
    }
}

fn write_library(suggestion: &str) -> String {
    format!("only Docker Hub adds library/ by itself: try {suggestion}")
}

fn name_repository(registry: &str) -> String {
    format!("name a repository instead: regcli tags {registry}/REPOSITORY")
}

fn see_signatures(flags: &str, image: &str) -> String {
    format!("see why: regcli verify-signature {flags} {image}")
}

fn verify_platform(platform: &str) -> String {
    let platform = safe_start(platform, PLATFORM_MAX);
    format!(
        "the image for {platform} is signed, but not the index: verify it with\n      \
         regcli verify-signature --platform {platform}, and pull it by its digest"
    )
}

fn see_tags(repository: &str, nearest: &[String]) -> String {
    match nearest {
        [] => format!("list the tags of {repository}: regcli tags {repository}"),
        nearest => format!(
            "similar tags of {repository}: {}; list them all: regcli tags {repository}",
            nearest.join(", ")
        ),
    }
}

fn see_files(image: &str, nearest: &[String]) -> String {
    match nearest {
        [] => format!("list its files: regcli files {image}"),
        nearest => {
            format!("similar paths: {}; list all files: regcli files {image}", safe(&nearest.join(", ")))
        }
    }
}

fn forward_host(registry: &str, url: &str) -> String {
    format!(
        "{registry} believes that its address is {url}: let its proxy send X-Forwarded-Proto and Host as \
         clients do; in nginx:\n      proxy_set_header X-Forwarded-Proto $scheme;\n      \
         proxy_set_header Host $http_host;"
    )
}

fn allow_larger_files(path: &Path) -> String {
    format!(
        "check the limit of file sizes (ulimit -f) and that of the file system of {}",
        path.parent().unwrap_or(path).display()
    )
}

/// Returns when to try again; for a long time also the time of day, because it may be read in a log.
fn wait_for(duration: Duration) -> String {
    // Docker's words begin with a capital, which does not belong within a sentence.
    let words = format!("try again in {}", units::duration(duration).to_lowercase());
    let then =
        SignedDuration::try_from(duration).ok().and_then(|wait| Timestamp::now().checked_add(wait).ok());
    match then.filter(|_| duration >= LONG_WAIT) {
        Some(then) => format!("{words}, at {}", then.strftime("%Y-%m-%dT%H:%M:%SZ")),
        None => words,
    }
}

fn wait_for_lock(process: Option<u32>) -> String {
    match process {
        Some(process) => format!("wait longer with --timeout 10m, or end process {process} if it hangs"),
        None => "wait longer with --timeout 10m".to_owned(),
    }
}

fn serve_folder(path: &Path) -> String {
    format!("serve its images with regcli serve --root {}, or use another store: --store DIR", path.display())
}

fn check_clock() -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    format!("check the clock of this machine ({now}); if it is right, the server needs a new certificate")
}

fn check_file(path: &Path) -> String {
    match path.exists() {
        true => format!("check {} and its permissions", path.display()),
        false => format!("check the path: there is no file {}", path.display()),
    }
}

fn check_path(path: &Path) -> String {
    // Where a file takes the place of a folder, nothing below it exists.
    let existing = path.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(path);
    if existing != path && existing.is_dir() {
        return format!(
            "nothing can be created in {}: use another directory (REGCLI_STORE or --store for images, --config for credentials)",
            existing.display()
        );
    }
    format!("check {} and its permissions", existing.display())
}

fn forward_socket(server: &str) -> String {
    format!(
        "forward its socket: ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock {server}, and set \
         DOCKER_HOST=unix:///tmp/docker.sock"
    )
}

fn copy_from_engine(image: &str, to: &str) -> String {
    format!("copy it from Docker Engine: regcli copy docker-daemon:{image} {to}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_of_a_hostile_index_are_one_short_line() {
        let mut available = vec!["linux/\n\u{1b}[2Jx".to_owned(), "x".repeat(70_000)];
        available.extend((0..5000).map(|number| format!("os{number}/amd64")));
        let hint = words(&Hint::ChoosePlatform { available });
        assert!(hint.starts_with("available: linux/\\u{a}\\u{1b}[2Jx, xxx"), "{hint}");
        assert!(hint.ends_with("os13/amd64 and 4986 more (choose with --platform)"), "{hint}");
        assert!(hint.len() < 500 && !hint.contains(char::is_control), "{hint}");
    }

    #[test]
    fn a_duration_within_a_sentence_has_no_capital() {
        let hint = |seconds| words(&Hint::WaitFor { duration: Duration::from_secs(seconds) });
        let expected = [
            (0, "try again in less than a second"),
            (61, "try again in about a minute"),
            (3600, "try again in about an hour, at "),
            (7200, "try again in 2 hours, at "),
        ];
        for (seconds, expected) in expected {
            assert!(hint(seconds).starts_with(expected), "{}", hint(seconds));
        }
    }

    #[test]
    fn a_long_wait_ends_at_a_time_of_rfc_3339() {
        let hint = words(&Hint::WaitFor { duration: Duration::from_secs(7200) });
        let then = hint.rsplit(' ').next().unwrap().parse::<Timestamp>();
        assert!(then.is_ok_and(|then| then > Timestamp::now()), "{hint}");
    }
}
