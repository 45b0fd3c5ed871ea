//! `regcli-config(5)`

use super::roff::Page;

/// A key of config.toml.
struct Key {
    /// As it is written, with the type of its value.
    name: &'static str,
    value: &'static str,
    default: &'static str,
    what: &'static str,
    example: &'static str,
}

/// The keys at the beginning of the file.
const KEYS: [Key; 4] = [
    Key {
        name: "store",
        value: "path",
        default: "~/.local/share/regcli/store",
        what: "The folder of the image store, see `regcli-store`(5). `--store` and `$REGCLI_STORE` go before it.",
        example: "store = \"/srv/images\"",
    },
    Key {
        name: "jobs",
        value: "number from 1 on",
        default: "4 to 32, as many as bring more",
        what: "Connections at once. `--jobs` goes before it.",
        example: "jobs = 4",
    },
    Key {
        name: "limit-rate",
        value: "number of bytes a second",
        default: "no limit",
        what: "How much is moved at most, all connections together. `--limit-rate` goes before it.",
        example: "limit-rate = 2_000_000",
    },
    Key {
        name: "timeout",
        value: "number of seconds",
        default: "30",
        what: "How long a server may say nothing, be it that a connection, an answer or the next bytes are waited for, \
               before it is asked again. `--timeout` goes before it.",
        example: "timeout = 60",
    },
];

/// The keys of the table of one registry.
const REGISTRY_KEYS: [Key; 11] = [
    Key {
        name: "mirrors",
        value: "list of URLs, or of tables with url and namespace",
        default: "none",
        what: "Mirrors that are asked before the registry itself, in this order. For Docker Hub they come before \
               those of daemon.json. With `namespace = true` the mirror is told which registry is meant, by the \
               query ns=HOST, as proxies for several registries want it.",
        example: "mirrors = [\"https://mirror.example.com\", { url = \"http://127.0.0.1:4001\", namespace = true }]",
    },
    Key {
        name: "plain-http",
        value: "boolean",
        default: "HTTPS; HTTP after it on loopback addresses and with registries that daemon.json calls insecure",
        what: "`true`: HTTP and nothing else. `false`: HTTPS and nothing else. Docker Hub is always spoken to by \
               HTTPS. `--plain-http` goes before it.",
        example: "plain-http = true",
    },
    Key {
        name: "insecure",
        value: "boolean",
        default: "false, but loopback addresses and what daemon.json calls insecure are not verified",
        what: "`true`: the registry's certificate is not verified. Docker Hub's always is. `--insecure` goes \
               before it.",
        example: "insecure = true",
    },
    Key {
        name: "ca",
        value: "path",
        default: "certs.d, and the system's certificates",
        what: "A file with certificates to trust besides the system's: of authorities, or the registry's own, PEM. `--ca-file` is added.",
        example: "ca = \"certs/ca.pem\"",
    },
    Key {
        name: "cert",
        value: "path",
        default: "certs.d",
        what: "The client certificate, PEM. It needs `key`. `--cert` goes before it.",
        example: "cert = \"certs/client.pem\"",
    },
    Key {
        name: "key",
        value: "path",
        default: "certs.d",
        what: "The key of the client certificate, PEM. It needs `cert`. `--key` goes before it.",
        example: "key = \"certs/client.key\"",
    },
    Key {
        name: "private-addresses",
        value: "boolean",
        default: "false",
        what: "`true`: the registry may lead to private addresses (its token service, its storage) though it is at a \
               public one. Loopback and link-local addresses are refused even so.",
        example: "private-addresses = true",
    },
    Key {
        name: "api",
        value: "URL",
        default: "the registry's own address",
        what: "Where the API is that `search` asks, if the registry itself listens on another port, as Nexus does. It \
               is asked with the registry's credentials if it wants some.",
        example: "api = \"https://nexus.example.com:8443\"",
    },
    Key {
        name: "jobs",
        value: "number from 1 on",
        default: "that of all registries",
        what: "Connections at once with this registry. Between two registries the smaller number counts.",
        example: "jobs = 2",
    },
    Key {
        name: "limit-rate",
        value: "number of bytes a second",
        default: "that of all registries",
        what: "How much is moved at most in a copy with this registry.",
        example: "limit-rate = 500_000",
    },
    Key {
        name: "headers",
        value: "table of texts",
        default: "none",
        what: "Headers that are sent with each request to this registry, and to no other.",
        example: "headers = { X-Team = \"blue\" }",
    },
];

/// The environment, one group a line.
const VARIABLES: [(&str, &str); 16] = [
    ("REGCLI_CONFIG", "The file config.toml."),
    ("REGCLI_STORE", "The folder of the image store. `--store` goes before it."),
    ("REGCLI_ETC", "What is read instead of /etc: daemon.json in docker/, and both certs.d."),
    ("DOCKER_CONFIG", "The folder of Docker's config.json. `--config` goes before it."),
    (
        "DOCKER_AUTH_CONFIG",
        "The text of a config.json with nothing but auths. These credentials go before all others.",
    ),
    ("DOCKER_DEFAULT_PLATFORM", "The platform that `pull` takes without `--platform`."),
    ("DOCKER_CLI_HINTS", "`false` leaves some of Docker's advice out when one logs in."),
    (
        "DOCKER_HOST, DOCKER_CONTEXT, DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH",
        "Where a Docker Engine listens, and how it is spoken to.",
    ),
    ("REGISTRY_AUTH_FILE", "podman's auth.json."),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "Proxies (http://, https:// or socks5h://[USER:PASSWORD@]HOST:PORT), in capitals or not, and what is asked without one: \
         HOST[:PORT], .DOMAIN, *.DOMAIN, addresses, networks, or *. Never for loopback addresses. The system's \
         own proxy settings, as macOS and Windows have them, are not read.",
    ),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "The certificates to trust instead of the system's."),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME", "Instead of ~/.config, ~/.local/share and ~/.cache."),
    ("XDG_RUNTIME_DIR", "Where podman keeps auth.json."),
    ("PATH", "Where credential helpers are looked for, in absolute folders only."),
    ("NO_COLOR", "No colours. There are few."),
    ("LC_ALL, LC_CTYPE, LANG", "Without UTF-8 in the first that is set, bars and trees are drawn in ASCII."),
];

/// What else is read and written.
const FILES: [(&str, &str); 10] = [
    ("~/.config/regcli/config.toml", "This file."),
    (
        "~/.docker/config.json",
        "Docker's, for credentials: auths, credsStore, credHelpers. `login` and `logout` write it; what else is in \
         it stays as it is.",
    ),
    (
        "~/.config/docker/daemon.json, ~/.docker/daemon.json, /etc/docker/daemon.json",
        "The Docker daemon's: registry-mirrors and insecure-registries of all of them. Never written.",
    ),
    (
        "certs.d/HOST[:PORT]/ in the same folders, in ~/.config/containers and in /etc/containers",
        "*.crt are certificates to trust, of authorities or the registry's own; *.cert with *.key is the client certificate. Never written.",
    ),
    (
        "$XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json",
        "podman's credentials. Asked last, never written.",
    ),
    ("~/.docker/contexts/", "Docker's contexts: where a Docker Engine listens. Never written."),
    (
        "~/.cache/regcli/challenges.json",
        "Which registry asked for what, and which token service it named, so that a command need not ask first. \
         No secrets. An entry is kept for a day. It can be deleted at any time.",
    ),
    (
        "~/.cache/regcli/mirrors.json",
        "Which mirrors did not answer. They are asked last for five minutes. It can be deleted at any time.",
    ),
    (
        "~/.local/share/regcli/token-services.json",
        "Which server has checked the password at each login, and for which service. Credentials go to no other token \
         service until the next login. No secrets.",
    ),
    ("~/.local/share/regcli/store/", "The image store, see `regcli-store`(5)."),
];

/// The page, with the name of its file.
pub(super) fn page() -> (String, String) {
    let mut page = Page::begin("regcli-config", 5, "configuration of regcli");
    page.section("Description");
    page.text(
        "regcli works without any configuration. What has to be said can be said in config.toml; what Docker has \
         been told already, in config.json, daemon.json and certs.d, is read from there.",
    );
    page.text(
        "config.toml is the file that `$REGCLI_CONFIG` names, else ~/.config/regcli/config.toml. It is TOML. A key \
         that is not known is an error with its line and column: nothing is ignored in silence. Paths are relative \
         to the folder of the file, or to the home folder if they begin with ~/.",
    );
    page.text(
        "A flag goes before a variable of the environment, that before config.toml, and that before Docker's \
         files. An empty variable counts as one that is not set.",
    );
    page.section("Keys");
    add(&mut page, &KEYS);
    page.section("Keys of a registry");
    page.text(
        "A table for each registry has what holds for it alone. It is called by the registry's HOST[:PORT] in \
         quotes; docker.io is Docker Hub:",
    );
    page.verbatim("[registry.\"registry.example.com:5000\"]");
    add(&mut page, &REGISTRY_KEYS);
    page.section("Environment");
    for (name, what) in VARIABLES {
        page.term(&format!("`{name}`"), what);
    }
    page.section("Files");
    for (name, what) in FILES {
        page.term(&format!("`{name}`"), what);
    }
    page.section("Examples");
    page.verbatim(EXAMPLE);
    page.section("See also");
    page.text("`regcli`(1), `regcli-login`(1), `regcli-mirror`(1), `regcli-store`(5)");
    ("regcli-config.5".to_owned(), page.end())
}

const EXAMPLE: &str = r#"store = "/srv/images"
limit-rate = 10_000_000

[registry."docker.io"]
mirrors = ["https://mirror.example.com"]

[registry."192.168.1.10:5000"]
plain-http = true

[registry."registry.example.com"]
ca = "~/certs/ca.pem"
headers = { X-Team = "blue" }"#;

fn add(page: &mut Page, keys: &[Key]) {
    for Key { name, value, default, what, example } in keys {
        page.term(&format!("`{name}` = {value}"), &format!("{what} Default: {default}."));
        page.verbatim(example);
    }
}
