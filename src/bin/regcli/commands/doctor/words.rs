//! The findings of the doctor, in words. The caller makes foreign text in them safe.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use regcli::auth::Place;
use regcli::config::{Permission, Settings};
use regcli::http::{Certificate, Problem, ProxyUse, Shown};
use regcli::ops::doctor::{Check, Finding, Reason, Software, Subject, Upload};

use crate::ui::format::units;

/// The maximum length of a quoted error, because registries return whole pages.
const ERROR_MAX: usize = 400;

/// The maximum number of listed names.
const NAMES_MAX: usize = 5;

/// Returns the name of a subject for users.
pub(super) fn title(subject: Subject) -> &'static str {
    match subject {
        Subject::Settings => "settings",
        Subject::Proxy => "proxy",
        Subject::Addresses => "DNS",
        Subject::Connection => "TCP",
        Subject::Tls => "TLS",
        Subject::Registry => "registry",
        Subject::Clock => "clock",
        Subject::Challenge => "access",
        Subject::Credentials => "credentials",
        Subject::Token => "login",
        Subject::Catalog => "catalog",
        Subject::Ranges => "ranges",
        Subject::Upload => "upload",
        Subject::RateLimit => "rate limit",
        Subject::Mirror => "mirror",
        Subject::DockerConfig => "config.json",
        Subject::Store => "store",
        Subject::Helpers => "helpers",
        Subject::Keyring => "keyring",
    }
}

/// Describes a finding.
pub(super) fn detail(check: &Check) -> String {
    match &check.finding {
        Finding::Skipped(reason) => skipped(check.subject, *reason),
        Finding::Error(text) => shortened(text),
        Finding::Settings(settings) => settings_words(settings),
        Finding::NoProxyForLoopback => "none: loopback addresses never use a proxy".to_owned(),
        Finding::Proxy(used) => proxy(used),
        Finding::Addresses { host, addresses, took } => resolved(host, addresses, *took),
        Finding::Literal(address) => format!("{address} is an address"),
        Finding::NoAddress { host, reason } => format!("{host} has no address: {reason}"),
        Finding::Unconnected { failed, silent, waited } => unconnected(failed, silent, *waited),
        Finding::Connected { address, took, failed, silent } => connected(*address, *took, failed, silent),
        Finding::Certificate { shown, unverified, days_left } => {
            certificate(shown.as_ref(), *unverified, *days_left)
        }
        Finding::BadTls { problem, shown } => bad_tls(problem, shown.as_ref()),
        Finding::PlainHttp(who) => plain_http(*who),
        Finding::SpeaksTls(who) => speaks_tls(*who),
        Finding::Silent(waited) => format!("no response for {}", seconds(*waited)),
        Finding::Software { software, version } => software_words(*software, version.as_deref()),
        Finding::Perhaps => "responds, but does not identify itself as a registry".to_owned(),
        Finding::NoRegistry { status, content_type, elsewhere } => {
            no_registry(*status, content_type.as_deref(), elsewhere.as_deref())
        }
        Finding::Clock(ahead) => clock(*ahead),
        Finding::NoClock => "the registry does not send the time".to_owned(),
        Finding::Open => "open: no login is required".to_owned(),
        Finding::Challenge { scheme, realm, service } => {
            challenge(scheme, realm.as_deref(), service.as_deref())
        }
        Finding::UntrustedRealm { realm, reason } => untrusted_realm(realm, reason),
        Finding::OtherSchemes(schemes) => other_schemes(schemes),
        Finding::Credentials { user, kind, place, warning } => {
            credentials(user.as_deref(), kind, place, warning.as_deref())
        }
        Finding::NoCredentials => "no credentials stored; requests are anonymous".to_owned(),
        Finding::Accepted => "user name and password are accepted".to_owned(),
        Finding::Token { anonymous, lifetime } => token(*anonymous, *lifetime),
        Finding::Withheld { repository } => format!("a token that does not allow pulling {repository}"),
        Finding::NotNeeded => "not needed".to_owned(),
        Finding::Catalog { first } => catalog(first.as_deref()),
        Finding::NoCatalog { status } => format!("does not list its repositories: it returns {status}"),
        Finding::Ranges { repository, elsewhere } => ranges(repository, elsewhere.as_deref()),
        Finding::NoRanges { repository } => no_ranges(repository),
        Finding::Empty { repository } => format!("{repository} has no image to check"),
        Finding::Upload(upload) => upload_words(upload),
        Finding::RateLimit { limit, remaining, window } => rate_limit(*limit, *remaining, *window),
        Finding::NoRateLimit => "not reported by the registry".to_owned(),
        Finding::Mirror { address, took } => format!("{address} works ({})", milliseconds(*took)),
        Finding::DeadMirror { address, reason } => format!("{address} does not work: {}", shortened(reason)),
        Finding::File(path) => path.display().to_string(),
        Finding::NoFile(path) => format!("{} does not exist, which is fine", path.display()),
        Finding::Unprotected { path, mode } => unprotected(path, *mode),
        Finding::Store { path, free, images } => store(path, *free, *images),
        Finding::Helpers(names) => helpers(names),
        Finding::MissingHelpers(names) => format!("named in config.json but not in PATH: {}", listed(names)),
        Finding::Keyring => "the system's keyring works".to_owned(),
        Finding::NoKeyring => "none here; config.json is used instead".to_owned(),
    }
}

fn skipped(subject: Subject, reason: Reason) -> String {
    match (subject, reason) {
        (_, Reason::After(failed)) => format!("skipped because {} failed", title(failed)),
        (_, Reason::NoTime) => "skipped: half a minute is over".to_owned(),
        (Subject::Ranges, Reason::NoRepository) => "skipped: name a repository, HOST/REPOSITORY".to_owned(),
        (_, Reason::NoRepository) => "skipped: no repository is named".to_owned(),
        (_, Reason::NotAllowed) => "skipped: only --write REPOSITORY starts an upload".to_owned(),
        (_, Reason::Hub) => "not available on Docker Hub".to_owned(),
        (Subject::Mirror, Reason::None) => "none configured".to_owned(),
        (_, Reason::None) => "none".to_owned(),
    }
}

fn settings_words(settings: &Settings) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(settings.plain_http.map(|who| format!("plain HTTP is allowed{}", by(who))));
    words.extend(settings.unverified.map(|who| format!("certificates are not verified{}", by(who))));
    words.extend(settings.authorities.iter().map(|path| format!("trusts {}", path.display())));
    words.extend(
        settings.identity.iter().map(|path| format!("sends the client certificate {}", path.display())),
    );
    words.extend(settings.own.iter().map(|path| format!("has a table in {}", path.display())));
    if words.is_empty() { "no special settings".to_owned() } else { words.join("; ") }
}

fn by(who: Permission) -> &'static str {
    match who {
        Permission::Flag => " by a flag",
        Permission::Own => " by config.toml",
        Permission::Daemon => " by insecure-registries",
        Permission::MirrorFile => " by the file that names the mirror",
        Permission::Loopback => " on this machine",
        Permission::Address => " by its address",
        Permission::Engine => " by Docker's settings for its Engine",
    }
}

fn proxy(used: &ProxyUse) -> String {
    match used {
        ProxyUse::Direct => "none".to_owned(),
        ProxyUse::Excepted(proxy) => {
            format!("none: NO_PROXY names the registry ({} has {proxy})", proxy.variable)
        }
        ProxyUse::Through(proxy) => format!("{proxy}, from {}", proxy.variable),
        ProxyUse::Broken(name) => format!("{name} is not a valid proxy address"),
    }
}

fn resolved(host: &str, addresses: &[IpAddr], took: Duration) -> String {
    format!("{host} is {} ({})", listed(addresses), milliseconds(took))
}

fn unconnected(failed: &[(SocketAddr, String)], silent: &[SocketAddr], waited: Duration) -> String {
    let failed = failed.iter().map(|(address, reason)| format!("{address}: {reason}"));
    let silent = silent.iter().map(|address| format!("{address}: no response for {}", seconds(waited)));
    failed.chain(silent).collect::<Vec<_>>().join("; ")
}

fn connected(address: SocketAddr, took: Duration, failed: &[SocketAddr], silent: &[SocketAddr]) -> String {
    let mut words = format!("connected to {address} in {}", milliseconds(took));
    let mut also = |addresses: &[SocketAddr], what: &str| {
        if !addresses.is_empty() {
            words.push_str(&format!("; {} {what}", listed(addresses)));
        }
    };
    also(failed, "unreachable");
    also(silent, "does not respond, which delays clients that try it first");
    words
}

fn certificate(shown: Option<&Shown>, unverified: Option<Permission>, days_left: Option<i64>) -> String {
    let mut words = vec![shown_words(shown)];
    words.extend(days_left.map(left));
    words.extend(unverified.map(|who| format!("not verified{}", why(who))));
    words.join(", ")
}

fn plain_http(who: Option<Permission>) -> String {
    format!("plain HTTP, nothing is encrypted; allowed{}", who.map_or("", by))
}

fn speaks_tls(who: Option<Permission>) -> String {
    let who = who.map_or("", by);
    format!("the registry speaks TLS on this port, but plain HTTP is configured{who}")
}

fn why(who: Permission) -> &'static str {
    match who {
        Permission::Flag => ": --insecure",
        Permission::Own => ": insecure in config.toml",
        Permission::Daemon => ": insecure-registries",
        Permission::MirrorFile => ": the file that names the mirror says so",
        Permission::Loopback => ": it is this machine",
        Permission::Address => ": its address says so",
        Permission::Engine => ": Docker's settings for its Engine",
    }
}

fn shown_words(shown: Option<&Shown>) -> String {
    let Some(Shown { version, certificate }) = shown else { return "TLS".to_owned() };
    let version = version.unwrap_or("TLS");
    match certificate {
        Some(Certificate { issuer, names, not_after, .. }) => {
            format!("{version}, certificate by {issuer} for {}, valid until {not_after}", listed(names))
        }
        None => version.to_owned(),
    }
}

fn left(days: i64) -> String {
    match days {
        ..0 => "expired".to_owned(),
        0 => "expires today".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}

fn bad_tls(problem: &Problem, shown: Option<&Shown>) -> String {
    let certificate = shown.and_then(|shown| shown.certificate.as_ref());
    match (problem, certificate) {
        (Problem::NotTls, _) => "the registry speaks plain HTTP on this port, not TLS".to_owned(),
        (Problem::UnknownAuthority, Some(known)) => {
            format!("the certificate is signed by {}, which this machine does not trust", known.issuer)
        }
        (Problem::UnknownAuthority, None) => "the certificate is signed by an unknown authority".to_owned(),
        (Problem::Expired(_), Some(known)) if jiff::Timestamp::now() < known.not_before => {
            format!("the certificate is not valid before {}; it is {} here", known.not_before, now())
        }
        (Problem::Expired(_), Some(known)) => {
            format!("the certificate was valid until {}; it is {} here", known.not_after, now())
        }
        (Problem::WrongName { asked_for, .. }, Some(known)) => {
            format!("the certificate is for {}, not for {asked_for}", listed(&known.names))
        }
        (problem, _) => format!("TLS failed: {problem}"),
    }
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn software_words(software: Software, version: Option<&str>) -> String {
    match version {
        Some(version) => format!("{} {version}", software.name()),
        None => software.name().to_owned(),
    }
}

fn no_registry(status: u16, content_type: Option<&str>, elsewhere: Option<&str>) -> String {
    let kind = content_type.map(|kind| format!(" with {kind}")).unwrap_or_default();
    let place = elsewhere.map(|host| format!(" from {host}")).unwrap_or_default();
    format!("not a registry: /v2/ returns {status}{kind}{place}")
}

fn clock(ahead: i64) -> String {
    let apart = units::short_duration(Duration::from_secs(ahead.unsigned_abs()));
    match ahead {
        -2..=2 => "in step with this machine".to_owned(),
        3.. => format!("the registry is {apart} ahead of this machine"),
        ..-2 => format!("the registry is {apart} behind this machine"),
    }
}

fn challenge(scheme: &str, realm: Option<&str>, service: Option<&str>) -> String {
    let Some(realm) = realm else { return format!("{scheme}: requires a user name and a password") };
    let service = service.map(|name| format!(" for {name}")).unwrap_or_default();
    format!("{scheme}: requires a token{service} from {realm}")
}

fn untrusted_realm(realm: &str, reason: &str) -> String {
    format!("the token service {realm} is not trusted: {reason}")
}

fn other_schemes(schemes: &[String]) -> String {
    match schemes {
        [] => "returns 401 without naming a scheme".to_owned(),
        schemes => format!("requires {}, which regcli does not support", listed(schemes)),
    }
}

fn credentials(user: Option<&str>, kind: &str, place: &Place, warning: Option<&str>) -> String {
    let who = user.map(|user| format!(" of {user}")).unwrap_or_default();
    let warning = warning.map(|text| format!("; {}", shortened(text))).unwrap_or_default();
    format!("{kind}{who}, from {}{warning}", place_words(place))
}

fn place_words(place: &Place) -> String {
    match place {
        Place::CommandFile => "a file of the command".to_owned(),
        Place::Variable => "DOCKER_AUTH_CONFIG".to_owned(),
        Place::Helper(name) => format!("docker-credential-{name}"),
        Place::DockerFile(path) | Place::PodmanFile(path) => path.display().to_string(),
        Place::Keyring => "the keyring".to_owned(),
    }
}

fn token(anonymous: bool, lifetime: Option<Duration>) -> String {
    let whose = if anonymous { "an anonymous token" } else { "a token for this account" };
    let life = lifetime.map(|life| format!(", valid for {}", units::short_duration(life)));
    format!("{whose}{}", life.unwrap_or_default())
}

fn catalog(first: Option<&str>) -> String {
    match first {
        Some(first) => format!("lists its repositories, {first} first"),
        None => "lists its repositories; none are visible to this account".to_owned(),
    }
}

fn ranges(repository: &str, elsewhere: Option<&str>) -> String {
    let place = elsewhere.map(|host| format!(", from {host}")).unwrap_or_default();
    format!("supported: interrupted pulls resume ({repository}{place})")
}

fn no_ranges(repository: &str) -> String {
    format!("not supported: interrupted blobs start from the beginning ({repository})")
}

fn upload_words(upload: &Upload) -> String {
    let mounts = match upload.mounts {
        Some(true) => "mounts blobs",
        Some(false) => "does not mount blobs",
        None => "mounts not tried without a blob",
    };
    let chunks = match upload.chunk_min {
        Some(bytes) => format!("chunks of at least {}", units::size(bytes)),
        None => "no rule for chunks".to_owned(),
    };
    let end = if upload.forgotten { "" } else { "; the upload could not be cancelled and will expire" };
    format!("accepts uploads to {}; {mounts}; {chunks}{end}", upload.repository)
}

fn rate_limit(limit: Option<u64>, remaining: u64, window: Option<Duration>) -> String {
    let of = limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
    let window = window.map(|window| format!(" in {}", units::short_duration(window))).unwrap_or_default();
    format!("{remaining}{of} requests left{window}")
}

fn unprotected(path: &Path, mode: u32) -> String {
    format!("{} contains passwords and is readable by others (mode {mode:03o})", path.display())
}

fn store(path: &Path, free: u64, images: Option<usize>) -> String {
    let images = images.map_or("not created yet".to_owned(), |count| units::count(count, "image"));
    format!("{}: {images}, {} free", path.display(), units::size(free))
}

fn helpers(names: &[String]) -> String {
    match names {
        [] => "no credential helpers in PATH".to_owned(),
        names => format!("in PATH: {}", listed(names)),
    }
}

/// Lists the first items, and counts the others.
fn listed<T: Display>(items: &[T]) -> String {
    let some: Vec<String> = items.iter().take(NAMES_MAX).map(ToString::to_string).collect();
    match items.len().saturating_sub(NAMES_MAX) {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(ERROR_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn milliseconds(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

fn seconds(waited: Duration) -> String {
    format!("{} s", waited.as_secs_f64().round())
}
