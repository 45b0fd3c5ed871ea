//! The findings of the doctor, in words. The caller makes foreign text in them safe.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

use regcli::auth::Place;
use regcli::config::{Permission, Settings};
use regcli::http::{Certificate, Problem, ProxyUse, Shown};
use regcli::ops::doctor::{Check, Finding, Reason, Subject, Upload};

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
        Finding::Silent(waited) => format!("no response for {}", seconds(*waited)),
        Finding::Settings(settings) => settings_words(settings),
        Finding::NoProxyForLoopback => "none: loopback addresses never use a proxy".to_owned(),
        Finding::Proxy(used) => proxy(used),
        Finding::Addresses { .. }
        | Finding::Literal(_)
        | Finding::NoAddress { .. }
        | Finding::Unconnected { .. }
        | Finding::Connected { .. } => network(&check.finding),
        Finding::Certificate { .. }
        | Finding::BadTls { .. }
        | Finding::PlainHttp(_)
        | Finding::SpeaksTls(_) => tls(&check.finding),
        Finding::Software { .. } | Finding::Perhaps | Finding::NoRegistry { .. } => registry(&check.finding),
        Finding::Clock(ahead) => clock(*ahead),
        Finding::NoClock => "the registry does not send the time".to_owned(),
        Finding::Open
        | Finding::Challenge { .. }
        | Finding::UntrustedRealm { .. }
        | Finding::OtherSchemes(_) => access(&check.finding),
        Finding::Credentials { .. } | Finding::NoCredentials => credentials(&check.finding),
        Finding::Accepted | Finding::Token { .. } | Finding::Withheld { .. } | Finding::NotNeeded => {
            login(&check.finding)
        }
        Finding::Catalog { .. }
        | Finding::NoCatalog { .. }
        | Finding::Ranges { .. }
        | Finding::NoRanges { .. }
        | Finding::Empty { .. } => content(&check.finding),
        Finding::Upload(upload) => upload_words(upload),
        Finding::RateLimit { .. } | Finding::NoRateLimit => rate_limit(&check.finding),
        Finding::Mirror { address, took } => format!("{address} works ({})", milliseconds(*took)),
        Finding::DeadMirror { address, reason } => format!("{address} does not work: {}", shortened(reason)),
        _ => here(&check.finding),
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

fn network(finding: &Finding) -> String {
    match finding {
        Finding::Literal(address) => format!("{address} is an address"),
        Finding::Addresses { host, addresses, took } => {
            format!("{host} is {} ({})", listed(addresses), milliseconds(*took))
        }
        Finding::NoAddress { host, reason } => format!("{host} has no address: {reason}"),
        Finding::Unconnected { failed, silent, waited } => {
            let failed = failed.iter().map(|(address, reason)| format!("{address}: {reason}"));
            let silent =
                silent.iter().map(|address| format!("{address}: no response for {}", seconds(*waited)));
            failed.chain(silent).collect::<Vec<_>>().join("; ")
        }
        Finding::Connected { address, took, failed, silent } => {
            let mut words = format!("connected to {address} in {}", milliseconds(*took));
            let mut also = |addresses: &[SocketAddr], what: &str| {
                if !addresses.is_empty() {
                    words.push_str(&format!("; {} {what}", listed(addresses)));
                }
            };
            also(failed, "unreachable");
            also(silent, "does not respond, which delays clients that try it first");
            words
        }
        _ => String::new(),
    }
}

fn tls(finding: &Finding) -> String {
    match finding {
        Finding::Certificate { shown, unverified, days_left } => {
            let mut words = vec![shown_words(shown.as_ref())];
            words.extend(days_left.map(left));
            words.extend(unverified.map(|who| format!("not verified{}", why(who))));
            words.join(", ")
        }
        Finding::BadTls { problem, shown } => bad_tls(problem, shown.as_ref()),
        Finding::PlainHttp(who) => {
            format!("plain HTTP, nothing is encrypted; allowed{}", who.map_or("", by))
        }
        Finding::SpeaksTls(who) => {
            format!(
                "the registry speaks TLS on this port, but plain HTTP is configured{}",
                who.map_or("", by)
            )
        }
        _ => String::new(),
    }
}

fn why(who: Permission) -> &'static str {
    match who {
        Permission::Flag => ": --insecure",
        Permission::Own => ": insecure in config.toml",
        Permission::Daemon => ": insecure-registries",
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

fn registry(finding: &Finding) -> String {
    match finding {
        Finding::Software { software, version } => match version {
            Some(version) => format!("{} {version}", software.name()),
            None => software.name().to_owned(),
        },
        Finding::Perhaps => "responds, but does not identify itself as a registry".to_owned(),
        Finding::NoRegistry { status, content_type, elsewhere } => {
            let kind = content_type.as_deref().map(|kind| format!(" with {kind}")).unwrap_or_default();
            let place = elsewhere.as_deref().map(|host| format!(" from {host}")).unwrap_or_default();
            format!("not a registry: /v2/ returns {status}{kind}{place}")
        }
        _ => String::new(),
    }
}

fn clock(ahead: i64) -> String {
    let apart = units::short_duration(Duration::from_secs(ahead.unsigned_abs()));
    match ahead {
        -2..=2 => "in step with this machine".to_owned(),
        3.. => format!("the registry is {apart} ahead of this machine"),
        _ => format!("the registry is {apart} behind this machine"),
    }
}

fn access(finding: &Finding) -> String {
    match finding {
        Finding::Open => "open: no login is required".to_owned(),
        Finding::Challenge { scheme, realm: Some(realm), service } => {
            let service = service.as_deref().map(|name| format!(" for {name}")).unwrap_or_default();
            format!("{scheme}: requires a token{service} from {realm}")
        }
        Finding::Challenge { scheme, .. } => format!("{scheme}: requires a user name and a password"),
        Finding::UntrustedRealm { realm, reason } => {
            format!("the token service {realm} is not trusted: {reason}")
        }
        Finding::OtherSchemes(schemes) if schemes.is_empty() => {
            "returns 401 without naming a scheme".to_owned()
        }
        Finding::OtherSchemes(schemes) => {
            format!("requires {}, which regcli does not support", listed(schemes))
        }
        _ => String::new(),
    }
}

fn credentials(finding: &Finding) -> String {
    let Finding::Credentials { user, kind, place, warning } = finding else {
        return "no credentials stored; requests are anonymous".to_owned();
    };
    let who = user.as_deref().map(|user| format!(" of {user}")).unwrap_or_default();
    let warning = warning.as_deref().map(|text| format!("; {}", shortened(text))).unwrap_or_default();
    format!("{kind}{who}, from {}{warning}", place_words(place))
}

fn place_words(place: &Place) -> String {
    match place {
        Place::Variable => "DOCKER_AUTH_CONFIG".to_owned(),
        Place::Helper(name) => format!("docker-credential-{name}"),
        Place::DockerFile(path) | Place::PodmanFile(path) => path.display().to_string(),
        Place::Keyring => "the keyring".to_owned(),
    }
}

fn login(finding: &Finding) -> String {
    match finding {
        Finding::Accepted => "user name and password are accepted".to_owned(),
        Finding::Token { anonymous, lifetime } => {
            let whose = if *anonymous { "an anonymous token" } else { "a token for this account" };
            let life = lifetime.map(|life| format!(", valid for {}", units::short_duration(life)));
            format!("{whose}{}", life.unwrap_or_default())
        }
        Finding::Withheld { repository } => format!("a token that does not allow pulling {repository}"),
        _ => "not needed".to_owned(),
    }
}

fn content(finding: &Finding) -> String {
    match finding {
        Finding::Catalog { first: Some(first) } => format!("lists its repositories, {first} first"),
        Finding::Catalog { first: None } => {
            "lists its repositories; none are visible to this account".to_owned()
        }
        Finding::NoCatalog { status } => format!("does not list its repositories: it returns {status}"),
        Finding::Ranges { repository, elsewhere } => {
            let place = elsewhere.as_deref().map(|host| format!(", from {host}")).unwrap_or_default();
            format!("supported: interrupted pulls resume ({repository}{place})")
        }
        Finding::NoRanges { repository } => {
            format!("not supported: interrupted blobs start from the beginning ({repository})")
        }
        Finding::Empty { repository } => format!("{repository} has no image to check"),
        _ => String::new(),
    }
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

fn rate_limit(finding: &Finding) -> String {
    let Finding::RateLimit { limit, remaining, window } = finding else {
        return "not reported by the registry".to_owned();
    };
    let of = limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
    let window = window.map(|window| format!(" in {}", units::short_duration(window))).unwrap_or_default();
    format!("{remaining}{of} requests left{window}")
}

/// Describes a finding about this machine.
fn here(finding: &Finding) -> String {
    match finding {
        Finding::File(path) => path.display().to_string(),
        Finding::NoFile(path) => format!("{} does not exist, which is fine", path.display()),
        Finding::Unprotected { path, mode } => {
            format!("{} contains passwords and is readable by others (mode {mode:03o})", path.display())
        }
        Finding::Store { path, free, images } => {
            let images = images.map_or("not created yet".to_owned(), |count| units::count(count, "image"));
            format!("{}: {images}, {} free", path.display(), units::size(*free))
        }
        Finding::Helpers(names) if names.is_empty() => "no credential helpers in PATH".to_owned(),
        Finding::Helpers(names) => format!("in PATH: {}", listed(names)),
        Finding::MissingHelpers(names) => {
            format!("named in config.json but not in PATH: {}", listed(names))
        }
        Finding::Keyring => "the system's keyring works".to_owned(),
        Finding::NoKeyring => "none here; config.json is used instead".to_owned(),
        _ => String::new(),
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
