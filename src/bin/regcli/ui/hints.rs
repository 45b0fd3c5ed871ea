//! Hints in words. Only this module knows which flags and files help.

use regcli::diagnose::{Hint, ProxyAdvice};
use regcli::reference::{self, Registry};

use crate::ui::format::units;

/// Returns the words of a hint.
pub(crate) fn words(hint: &Hint) -> String {
    match hint {
        Hint::LogIn { registry } => format!("log in: regcli login{}", server(registry)),
        Hint::AcceptTokenService { .. } | Hint::CheckAccess { .. } => about_accounts(hint),
        Hint::CheckPassword { registry } => check_password(registry),
        Hint::AllowPlainHttp { .. }
        | Hint::TrustAuthority { .. }
        | Hint::AllowPrivateAddresses { .. }
        | Hint::ShowCertificate { .. }
        | Hint::ForwardHost { .. }
        | Hint::CheckClock => about_connections(hint),
        Hint::CheckAddress { registry } => check_address(registry),
        Hint::Proxy { variable, advice } => about_proxies(variable, *advice),
        Hint::DropScheme { scheme } => format!("leave out {scheme}: a reference begins with the host"),
        Hint::Lowercase { suggestion } => format!("use lower case: {suggestion}"),
        Hint::ChoosePlatform { available } if available.is_empty() => {
            "the image does not declare its platforms".to_owned()
        }
        Hint::ChoosePlatform { available } => {
            format!("available: {} (choose with --platform)", available.join(", "))
        }
        Hint::WriteLibrary { suggestion } => {
            format!("only Docker Hub adds library/ by itself: try {suggestion}")
        }
        Hint::SeeImages => "list the images of the store: regcli images".to_owned(),
        Hint::NameRepository { registry } => {
            format!("name a repository instead: regcli tags {registry}/REPOSITORY")
        }
        Hint::SeeTags { .. } | Hint::ListTags { .. } | Hint::SeeCatalog { .. } | Hint::NameRegistry => {
            about_lists(hint)
        }
        Hint::WaitFor { duration } => format!("try again in {}", units::duration(*duration)),
        Hint::TryLater => "try again when it is done".to_owned(),
        Hint::FreeSpace { .. }
        | Hint::AllowMoreFiles
        | Hint::AllowLargerFiles { .. }
        | Hint::VerifyStore
        | Hint::ServeFolder { .. }
        | Hint::WaitForLock { .. }
        | Hint::CheckFile { .. }
        | Hint::CheckPath { .. }
        | Hint::FixFile { .. } => about_files(hint),
        Hint::NameStore => "set REGCLI_STORE to a writable directory, or use --store DIR".to_owned(),
        Hint::Force => "use --force to do it anyway".to_owned(),
        Hint::RemoveImages => "name the images to remove: regcli rmi IMAGE...".to_owned(),
        Hint::GivePassword => "give both: --username NAME --password-stdin < FILE".to_owned(),
        Hint::ChooseAddress | Hint::ChooseRoot | Hint::UseNewerVersion => about_serving(hint).to_owned(),
        Hint::NameEngine
        | Hint::ForwardSocket { .. }
        | Hint::JoinDockerGroup
        | Hint::SeeContexts
        | Hint::CopyFromEngine { .. } => about_engines(hint),
    }
}

/// Returns the hints about an account at a registry; an empty text for any other hint.
fn about_accounts(hint: &Hint) -> String {
    match hint {
        Hint::AcceptTokenService { registry } => format!(
            "the token service has changed and would get the password: only if that is expected, accept it: \
             regcli login{}",
            server(registry)
        ),
        Hint::CheckAccess { registry, repository: Some(repository) } => format!(
            "{registry} does not let this account use {repository}: use another repository, or log in with another \
             account: regcli login{}",
            server(registry)
        ),
        Hint::CheckAccess { registry, repository: None } => format!(
            "{registry} refused the stored credentials: log in again: regcli login{}",
            server(registry)
        ),
        _ => String::new(),
    }
}

/// Returns the hints of `regcli serve`; an empty text for any other hint.
fn about_serving(hint: &Hint) -> &'static str {
    match hint {
        Hint::ChooseAddress => "use another address: --addr HOST:PORT (port 0 picks a free one)",
        Hint::ChooseRoot => "use another directory: regcli serve --root DIR",
        Hint::UseNewerVersion => {
            "use the version of regcli that wrote it or a newer one, or another directory: --root DIR"
        }
        _ => "",
    }
}

/// Returns the hints that name a list; an empty text for any other hint.
fn about_lists(hint: &Hint) -> String {
    match hint {
        Hint::SeeTags { repository, nearest } if nearest.is_empty() => {
            format!("list the tags of {repository}: regcli tags {repository}")
        }
        Hint::ListTags { repository } => format!("list its tags: regcli tags {repository}"),
        Hint::SeeTags { repository, nearest } => {
            format!(
                "similar tags of {repository}: {}; list them all: regcli tags {repository}",
                nearest.join(", ")
            )
        }
        Hint::SeeCatalog { registry } => format!("list its repositories: regcli catalog {registry}"),
        Hint::NameRegistry => {
            "name another registry: regcli catalog HOST[:PORT]; on Docker Hub, search: regcli search TERM"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// Returns the hints about a Docker Engine; an empty text for any other hint.
fn about_engines(hint: &Hint) -> String {
    match hint {
        Hint::NameEngine => "start Docker, or name its socket: DOCKER_HOST=unix:///PATH or \
                             DOCKER_HOST=tcp://HOST:PORT"
            .to_owned(),
        Hint::ForwardSocket { server } => format!(
            "forward its socket: ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock {server}, and set \
             DOCKER_HOST=unix:///tmp/docker.sock"
        ),
        Hint::JoinDockerGroup => {
            "only root and the group docker may use Docker: sudo usermod -aG docker $USER, \
                                  then log in to this machine again"
                .to_owned()
        }
        Hint::SeeContexts => "list the contexts: docker context ls".to_owned(),
        Hint::CopyFromEngine { image, to } => {
            format!("copy it from Docker Engine: regcli copy docker-daemon:{image} {to}")
        }
        _ => String::new(),
    }
}

/// Returns the hint about the proxy that a variable names.
fn about_proxies(variable: &str, advice: ProxyAdvice) -> String {
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

/// Returns the hints about a connection that is refused; an empty text for any other hint.
fn about_connections(hint: &Hint) -> String {
    match hint {
        Hint::AllowPlainHttp { registry } => format!(
            "{registry} does not speak TLS: use --plain-http, or add \"{registry}\" to \"insecure-registries\" in \
             /etc/docker/daemon.json"
        ),
        Hint::TrustAuthority { registry } => format!(
            "name the authority's certificate with --ca-file, or store it as /etc/docker/certs.d/{registry}/ca.crt"
        ),
        Hint::AllowPrivateAddresses { registry } => format!(
            "if this is your own network, allow it in config.toml:\n      [registry.\"{registry}\"]\n      private-addresses = true"
        ),
        Hint::ShowCertificate { registry } => format!(
            "{registry} requires a client certificate: name one with --cert and --key, or store it as \
             /etc/docker/certs.d/{registry}/client.cert with client.key"
        ),
        Hint::ForwardHost { registry, url } => format!(
            "{registry} believes that its address is {url}: let its proxy send X-Forwarded-Proto and Host as \
             clients do; in nginx:\n      proxy_set_header X-Forwarded-Proto $scheme;\n      \
             proxy_set_header Host $http_host;"
        ),
        Hint::CheckClock => {
            let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
            format!(
                "check the clock of this machine ({now}); if it is right, the server needs a new certificate"
            )
        }
        _ => String::new(),
    }
}

/// Returns the hints about files and the store; an empty text for any other hint.
fn about_files(hint: &Hint) -> String {
    match hint {
        Hint::FreeSpace { path } => format!("free space on the file system of {}", path.display()),
        Hint::AllowMoreFiles => "raise the limit of open files: ulimit -n 64 is enough".to_owned(),
        Hint::AllowLargerFiles { path } => format!(
            "check the limit of file sizes (ulimit -f) and that of the file system of {}",
            path.parent().unwrap_or(path).display()
        ),
        Hint::VerifyStore => "find and repair damaged blobs: regcli verify".to_owned(),
        Hint::WaitForLock { process: Some(process) } => {
            format!("wait longer with --timeout 10m, or end process {process} if it hangs")
        }
        Hint::WaitForLock { process: None } => "wait longer with --timeout 10m".to_owned(),
        Hint::ServeFolder { path } => format!(
            "serve its images with regcli serve --root {}, or use another store: --store DIR",
            path.display()
        ),
        Hint::CheckPath { path } => {
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
        Hint::CheckFile { path } => match path.exists() {
            true => format!("check {} and its permissions", path.display()),
            false => format!("check the path: there is no file {}", path.display()),
        },
        Hint::FixFile { path } => format!("fix {}; regcli did not change it", path.display()),
        _ => String::new(),
    }
}

/// Returns what to check when a registry refuses a name with its password.
fn check_password(registry: &str) -> String {
    let host = registry.split(':').next().unwrap_or(registry);
    if registry == reference::HUB {
        "check the name and the password; with two-factor or social login, use a personal access token as the password"
    } else if host.ends_with(".aliyuncs.com") {
        "the user name is the full account name, and the password is the one set for the registry in the console of \
         ACR, not that of the account"
    } else {
        "check the name and the password; with two-factor login or single sign-on, use an access token as the password"
    }
    .to_owned()
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
        _ => format!("check the name {registry} and the network; set HTTPS_PROXY if a proxy is needed"),
    }
}

/// Returns the server as `login` expects it: empty for Docker Hub.
fn server(registry: &str) -> String {
    if registry == reference::HUB { String::new() } else { format!(" {registry}") }
}
