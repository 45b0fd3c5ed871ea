//! The advice of the doctor, in words.

use regcli::config::Permission;
use regcli::ops::doctor::Advice;

use crate::ui::hints;

pub(super) fn words(advice: &Advice) -> String {
    match advice {
        Advice::Known(hint) => hints::words(hint),
        Advice::RenewCertificate => {
            "give the registry a new certificate; if it has one, check the clock of this machine"
                .to_owned()
        }
        Advice::SetClock => "set the clock of this machine, or that of the registry".to_owned(),
        Advice::UseName(names) if names.is_empty() => {
            "use the name in the certificate, or get a certificate for this name"
                .to_owned()
        }
        Advice::UseName(names) => {
            let some: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            format!(
                "use a name in the certificate ({}), or get a certificate for this name",
                some.join(", ")
            )
        }
        Advice::SpeakTls(Some(Permission::Own)) => {
            "remove plain-http = true for this registry from config.toml".to_owned()
        }
        Advice::SpeakTls(_) => "omit --plain-http".to_owned(),
        Advice::Verify(permission) => verify(*permission).to_owned(),
        Advice::Encrypt => {
            "give the registry a certificate; without TLS, anyone on the network can read passwords and change images"
                .to_owned()
        }
        Advice::FindRegistry => {
            "check the address; many registries have their own name or port".to_owned()
        }
        Advice::AskAdministrator => "show this line to the administrator of the registry".to_owned(),
        Advice::ReplaceMirror => {
            "remove the mirror from daemon.json or config.toml if it is gone; it is tried last for five minutes"
                .to_owned()
        }
        Advice::Protect(path) => format!("make it readable only for you: chmod 600 {}", path.display()),
        Advice::InstallHelper(name) => format!(
            "install docker-credential-{name} in a directory of PATH, or remove it from credsStore and credHelpers in config.json"
        ),
        Advice::PushElsewhere => "pull through the mirror; push to the registry itself".to_owned(),
        Advice::SpareRequests => "wait, log in, or use a mirror".to_owned(),
    }
}

fn verify(permission: Permission) -> &'static str {
    match permission {
        Permission::Flag => "omit --insecure; trust the registry's own authority with --ca-file",
        Permission::Own => {
            "remove insecure = true from config.toml; trust the registry's own authority with ca = \"FILE\""
        }
        Permission::Engine => "set DOCKER_TLS_VERIFY, or create the context again without skip-tls-verify",
        Permission::MirrorFile => "remove skip_verify or insecure from the file that names the mirror",
        Permission::Daemon | Permission::Loopback | Permission::Address => {
            "remove it from insecure-registries; trust the registry's own authority with a ca.crt in certs.d"
        }
    }
}
