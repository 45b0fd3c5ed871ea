//! What to do, in words.

use regcli::config::Permission;
use regcli::ops::doctor::Advice;

use crate::ui::hints;

pub(super) fn words(advice: &Advice) -> String {
    match advice {
        Advice::Known(hint) => hints::words(hint),
        Advice::RenewCertificate => {
            "the registry needs a new certificate; if it has one, is the clock of this machine right?"
                .to_owned()
        }
        Advice::SetClock => "set the clock of this machine, or have that of the registry set".to_owned(),
        Advice::UseName(names) if names.is_empty() => {
            "use the name that the certificate is for, or have the registry's certificate made for this one"
                .to_owned()
        }
        Advice::UseName(names) => {
            let some: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            format!(
                "use a name that the certificate is for ({}), or have a certificate made for this one",
                some.join(", ")
            )
        }
        Advice::SpeakTls(Some(Permission::Own)) => {
            "take plain-http = true for this registry out of config.toml".to_owned()
        }
        Advice::SpeakTls(_) => "leave out --plain-http".to_owned(),
        Advice::Verify(permission) => verify(*permission).to_owned(),
        Advice::Encrypt => {
            "anybody on the way can read passwords and change images; give the registry a certificate"
                .to_owned()
        }
        Advice::FindRegistry => {
            "is that the address of a registry? Many have a name or a port of their own for it".to_owned()
        }
        Advice::AskAdministrator => "ask who runs the registry, and show this line".to_owned(),
        Advice::ReplaceMirror => {
            "it is asked last for five minutes; take it out of daemon.json or config.toml if it is gone"
                .to_owned()
        }
        Advice::Protect(path) => format!("let nobody else read it: chmod 600 {}", path.display()),
        Advice::InstallHelper(name) => format!(
            "install docker-credential-{name} in a folder of PATH, or take it out of credsStore and credHelpers in config.json"
        ),
        Advice::PushElsewhere => "pulls go through the mirror; a push needs the registry itself".to_owned(),
        Advice::SpareRequests => "wait, log in, or use a mirror".to_owned(),
    }
}

fn verify(permission: Permission) -> &'static str {
    match permission {
        Permission::Flag => "leave out --insecure; --ca-file trusts a registry's own authority",
        Permission::Own => {
            "take insecure = true out of config.toml; ca = \"FILE\" trusts a registry's own authority"
        }
        Permission::Daemon | Permission::Loopback => {
            "take it out of insecure-registries; a ca.crt in certs.d trusts a registry's own authority"
        }
    }
}
