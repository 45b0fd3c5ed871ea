//! Hints in words: the only place that knows which flags and files help.

use regcli::diagnose::{Hint, ProxyAdvice};
use regcli::reference::{self, Registry};

use crate::ui::format::units;

/// What to do, in words.
pub(crate) fn words(hint: &Hint) -> String {
    match hint {
        Hint::LogIn { registry } => format!("log in: regcli login{}", server(registry)),
        Hint::CheckAccess { registry, repository: Some(repository) } => format!(
            "{registry} knows you but does not let you use {repository}: use a repository of your own, or log in \
             as somebody else: regcli login{}",
            server(registry)
        ),
        Hint::CheckAccess { registry, repository: None } => format!(
            "{registry} did not accept your credentials: log in again: regcli login{}",
            server(registry)
        ),
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
        Hint::Lowercase { suggestion } => format!("write it in lower case: {suggestion}"),
        Hint::ChoosePlatform { available } if available.is_empty() => {
            "the image does not say what platforms it is for".to_owned()
        }
        Hint::ChoosePlatform { available } => format!("there is: --platform {}", available.join(", ")),
        Hint::WriteLibrary { suggestion } => {
            format!("only Docker Hub adds library/ by itself: try {suggestion}")
        }
        Hint::SeeImages => "regcli images shows what is in the store; regcli pull brings more".to_owned(),
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
        | Hint::CheckPath { .. }
        | Hint::MendFile { .. } => about_files(hint),
        Hint::NameStore => "set REGCLI_STORE to a writable directory, or use --store DIR".to_owned(),
        Hint::Force => "use --force if that is meant".to_owned(),
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

/// What a registry of one's own can be given instead; nothing about anything else.
fn about_serving(hint: &Hint) -> &'static str {
    match hint {
        Hint::ChooseAddress => "listen elsewhere: --addr HOST:PORT, where port 0 takes a free one",
        Hint::ChooseRoot => "choose another folder: regcli serve --root DIR",
        Hint::UseNewerVersion => {
            "use the version of regcli that wrote it, or a newer one, or choose another folder: --root DIR"
        }
        _ => "",
    }
}

/// Which list has what was looked for; nothing about anything else.
fn about_lists(hint: &Hint) -> String {
    match hint {
        Hint::SeeTags { repository, nearest } if nearest.is_empty() => {
            format!("{repository} has no such tag; see those that it has: regcli tags {repository}")
        }
        Hint::ListTags { repository } => format!("list its tags: regcli tags {repository}"),
        Hint::SeeTags { repository, nearest } => {
            format!(
                "{repository} has no such tag, but {}; all of them: regcli tags {repository}",
                nearest.join(", ")
            )
        }
        Hint::SeeCatalog { registry } => format!("see its repositories: regcli catalog {registry}"),
        Hint::NameRegistry => {
            "name another registry: regcli catalog HOST[:PORT]; on Docker Hub, search: regcli search TERM"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// What to do about a Docker Engine; nothing about anything else.
fn about_engines(hint: &Hint) -> String {
    match hint {
        Hint::NameEngine => "start Docker, or say where it listens: DOCKER_HOST=unix:///PATH or \
                             DOCKER_HOST=tcp://HOST:PORT"
            .to_owned(),
        Hint::ForwardSocket { server } => format!(
            "forward its socket: ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock {server}, and set \
             DOCKER_HOST=unix:///tmp/docker.sock"
        ),
        Hint::JoinDockerGroup => {
            "only root and the group docker may use Docker: sudo usermod -aG docker $USER, \
                                  then log in to this machine anew"
                .to_owned()
        }
        Hint::SeeContexts => "docker context ls shows those that there are".to_owned(),
        Hint::CopyFromEngine { image, to } => {
            format!("Docker Engine has it: regcli copy docker-daemon:{image} {to}")
        }
        _ => String::new(),
    }
}

/// What to do about the proxy that a variable names.
fn about_proxies(variable: &str, advice: ProxyAdvice) -> String {
    match advice {
        ProxyAdvice::Check => {
            format!("is {variable} right? NO_PROXY names the registries that are asked without a proxy")
        }
        ProxyAdvice::LogIn => {
            format!("give the proxy a user name and a password: {variable}=http://USER:PASSWORD@HOST:PORT")
        }
        ProxyAdvice::PlainHttp => format!("write http:// instead of https:// in {variable}"),
        ProxyAdvice::Https => format!("write https:// instead of http:// in {variable}"),
        ProxyAdvice::Write => format!("set {variable} to http://HOST:PORT, or unset it"),
    }
}

/// What to do about a connection that may not be; nothing about anything else.
fn about_connections(hint: &Hint) -> String {
    match hint {
        Hint::AllowPlainHttp { registry } => format!(
            "{registry} does not speak TLS: use --plain-http, or add \"{registry}\" to \"insecure-registries\" in \
             /etc/docker/daemon.json"
        ),
        Hint::TrustAuthority { registry } => format!(
            "give the authority's certificate with --ca-file, or put it at /etc/docker/certs.d/{registry}/ca.crt"
        ),
        Hint::AllowPrivateAddresses { registry } => format!(
            "if that is your own network, say so in config.toml:\n      [registry.\"{registry}\"]\n      private-addresses = true"
        ),
        Hint::ShowCertificate { registry } => format!(
            "{registry} wants a client certificate that it trusts: give one with --cert and --key, or put it at \
             /etc/docker/certs.d/{registry}/client.cert with client.key"
        ),
        Hint::ForwardHost { registry, url } => format!(
            "{registry} takes {url} for its own address: let the proxy before it send X-Forwarded-Proto and Host as \
             clients do; in nginx:\n      proxy_set_header X-Forwarded-Proto $scheme;\n      \
             proxy_set_header Host $http_host;"
        ),
        Hint::CheckClock => {
            let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
            format!("the server needs a new certificate, or check your clock: it says {now}")
        }
        _ => String::new(),
    }
}

/// What to do about files and the store; nothing about anything else.
fn about_files(hint: &Hint) -> String {
    match hint {
        Hint::FreeSpace { path } => format!("make room on the file system of {}", path.display()),
        Hint::AllowMoreFiles => {
            "allow more open files: ulimit -n tells how many there may be, 64 are enough".to_owned()
        }
        Hint::AllowLargerFiles { path } => format!(
            "ulimit -f tells how large a file may be; or the file system of {} takes none that is so large",
            path.parent().unwrap_or(path).display()
        ),
        Hint::VerifyStore => "regcli verify finds what is damaged, and fetches it again".to_owned(),
        Hint::WaitForLock { process: Some(process) } => {
            format!("wait longer with --timeout 10m, or end process {process} if it hangs")
        }
        Hint::WaitForLock { process: None } => "wait longer with --timeout 10m".to_owned(),
        Hint::ServeFolder { path } => format!(
            "regcli serve --root {} serves its images; choose another folder for the store with --store DIR",
            path.display()
        ),
        Hint::CheckPath { path } => {
            // Where a file stands in the way of a folder, nothing below it exists.
            let existing = path.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(path);
            if existing != path && existing.is_dir() {
                return format!(
                    "nothing can be created in {}: choose another folder (for the store: REGCLI_STORE or --store)",
                    existing.display()
                );
            }
            format!("check that {} is what it should be, and may be used by you", existing.display())
        }
        Hint::MendFile { path } => format!("mend {}; it was left as it is", path.display()),
        _ => String::new(),
    }
}

/// What to look at when a registry refuses a name with its password.
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

/// Nobody answers at this address.
fn check_address(registry: &str) -> String {
    if registry == reference::HUB {
        return "if Docker Hub cannot be reached from here, name a mirror in \"registry-mirrors\" of \
                /etc/docker/daemon.json, or a proxy in HTTPS_PROXY"
            .to_owned();
    }
    match Registry::from_server(registry) {
        Ok(here) if here.is_loopback() && here.port().is_some() => {
            format!("no registry listens there; start one: regcli serve --addr {registry}")
        }
        // Without a port, clients ask where web servers are, and a registry is not.
        Ok(here) if here.is_loopback() => {
            format!("no registry listens there; regcli serve starts one, to be named {registry}:5000")
        }
        _ => format!("is {registry} right, and can this machine reach it? A proxy is taken from HTTPS_PROXY"),
    }
}

/// The server as `login` takes it: nothing for Docker Hub.
fn server(registry: &str) -> String {
    if registry == reference::HUB { String::new() } else { format!(" {registry}") }
}
