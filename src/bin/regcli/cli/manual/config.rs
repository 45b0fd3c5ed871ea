//! `regcli-config(5)`

use super::roff::Page;

/// A key of config.toml.
struct Key {
    /// The name in the file.
    name: &'static str,
    value: &'static str,
    default: &'static str,
    what: &'static str,
    example: &'static str,
}

/// The top-level keys of the file.
const KEYS: [Key; 4] = [
    Key {
        name: "store",
        value: "path",
        default: "~/.local/share/regcli/store",
        what: "The directory of the image store, see `regcli-store`(5). `--store` and `$REGCLI_STORE` \
               override it.",
        example: "store = \"/srv/images\"",
    },
    Key {
        name: "jobs",
        value: "number, at least 1",
        default: "adaptive, 4 to 32",
        what: "The maximum number of concurrent connections. `--jobs` overrides it.",
        example: "jobs = 4",
    },
    Key {
        name: "limit-rate",
        value: "bytes per second",
        default: "no limit",
        what: "The maximum bandwidth of all connections together. `--limit-rate` overrides it.",
        example: "limit-rate = 2_000_000",
    },
    Key {
        name: "timeout",
        value: "number of seconds",
        default: "30",
        what: "How long a server may be silent before a retry: while connecting, before a response, or \
               between bytes. `--timeout` overrides it.",
        example: "timeout = 60",
    },
];

/// The keys of the table of one registry.
const REGISTRY_KEYS: [Key; 11] = [
    Key {
        name: "mirrors",
        value: "list of URLs, or of tables with url and namespace",
        default: "none",
        what: "Mirrors that are tried before the registry itself, in this order. For Docker Hub they come \
               before those of daemon.json. With `namespace = true` requests to the mirror name the \
               registry in the query ns=HOST, for proxies that serve several registries.",
        example: "mirrors = [\"https://mirror.example.com\", { url = \"http://127.0.0.1:4001\", namespace = \
                  true }]",
    },
    Key {
        name: "plain-http",
        value: "boolean",
        default: "HTTPS, with a fallback to HTTP for loopback addresses and the insecure registries of \
                  daemon.json",
        what: "`true`: only HTTP. `false`: only HTTPS. Docker Hub always uses HTTPS. `--plain-http` \
               overrides it.",
        example: "plain-http = true",
    },
    Key {
        name: "insecure",
        value: "boolean",
        default: "false, except for loopback addresses and the insecure registries of daemon.json",
        what: "`true`: the registry's certificate is not verified. That of Docker Hub always is. \
               `--insecure` overrides it.",
        example: "insecure = true",
    },
    Key {
        name: "ca",
        value: "path",
        default: "certs.d, and the system's certificates",
        what: "A PEM file with certificates to trust besides the system's: those of authorities, or the \
               registry's own. `--ca-file` adds another one.",
        example: "ca = \"certs/ca.pem\"",
    },
    Key {
        name: "cert",
        value: "path",
        default: "certs.d",
        what: "The client certificate, PEM. It requires `key`. `--cert` overrides it.",
        example: "cert = \"certs/client.pem\"",
    },
    Key {
        name: "key",
        value: "path",
        default: "certs.d",
        what: "The key of the client certificate, PEM. It requires `cert`. `--key` overrides it.",
        example: "key = \"certs/client.key\"",
    },
    Key {
        name: "private-addresses",
        value: "boolean",
        default: "false",
        what: "`true`: a registry with a public address may refer to private addresses, such as those of \
               its token service or its storage. Loopback and link-local addresses are still refused.",
        example: "private-addresses = true",
    },
    Key {
        name: "api",
        value: "URL",
        default: "the registry's own address",
        what: "The address of the API for `search`, if it differs from the registry's, as in Nexus. If it \
               asks for credentials, it receives those of the registry.",
        example: "api = \"https://nexus.example.com:8443\"",
    },
    Key {
        name: "jobs",
        value: "number, at least 1",
        default: "that of all registries",
        what: "The maximum number of concurrent connections to this registry. Between two registries the \
               smaller number counts.",
        example: "jobs = 2",
    },
    Key {
        name: "limit-rate",
        value: "bytes per second",
        default: "that of all registries",
        what: "The maximum bandwidth of a copy from or to this registry.",
        example: "limit-rate = 500_000",
    },
    Key {
        name: "headers",
        value: "table of texts",
        default: "none",
        what: "Headers to send with each request to this registry, and to no other.",
        example: "headers = { X-Team = \"blue\" }",
    },
];

/// The environment variables, one group per entry.
const VARIABLES: [(&str, &str); 16] = [
    ("REGCLI_CONFIG", "The file config.toml."),
    ("REGCLI_STORE", "The directory of the image store. `--store` overrides it."),
    ("REGCLI_ETC", "The directory to use instead of /etc, for docker/daemon.json and both certs.d."),
    ("DOCKER_CONFIG", "The directory of Docker's config.json. `--config` overrides it."),
    (
        "DOCKER_AUTH_CONFIG",
        "The text of a config.json that contains only auths. These credentials override all others.",
    ),
    ("DOCKER_DEFAULT_PLATFORM", "The platform for `pull` without `--platform`."),
    ("DOCKER_CLI_HINTS", "`false` hides some of Docker's advice during login."),
    (
        "DOCKER_HOST, DOCKER_CONTEXT, DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH",
        "The address of a Docker Engine, and how to connect to it.",
    ),
    ("REGISTRY_AUTH_FILE", "podman's auth.json."),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "Proxies (http://, https:// or socks5h://[USER:PASSWORD@]HOST:PORT), in upper or lower case, and \
         the exceptions: HOST[:PORT], .DOMAIN, *.DOMAIN, addresses, networks, or *. Loopback addresses \
         never use a proxy. The proxy settings of the system, as on macOS and Windows, are not read.",
    ),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "The certificates to trust instead of the system's."),
    (
        "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME",
        "The directories to use instead of ~/.config, \
                                                        ~/.local/share and ~/.cache.",
    ),
    ("XDG_RUNTIME_DIR", "The directory of podman's auth.json."),
    ("PATH", "The directories of credential helpers. Only absolute ones are searched."),
    ("NO_COLOR", "Disables colours."),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "The locale. If the first one that is set does not name UTF-8, bars and \
                                trees are drawn in ASCII.",
    ),
];

/// The other files that are read and written.
const FILES: [(&str, &str); 10] = [
    ("~/.config/regcli/config.toml", "This file."),
    (
        "~/.docker/config.json",
        "Docker's configuration, for credentials: auths, credsStore, credHelpers. `login` and `logout` \
         write it, and keep everything else in it.",
    ),
    (
        "~/.config/docker/daemon.json, ~/.docker/daemon.json, /etc/docker/daemon.json",
        "The configuration of the Docker daemon: registry-mirrors and insecure-registries of all these \
         files. Never written.",
    ),
    (
        "certs.d/HOST[:PORT]/ in the same directories, in ~/.config/containers and in /etc/containers",
        "*.crt are certificates to trust, those of authorities or the registry's own; *.cert with *.key is \
         the client certificate. Never written.",
    ),
    (
        "$XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json",
        "The credentials of podman. Used last, never written.",
    ),
    ("~/.docker/contexts/", "Docker's contexts, with the addresses of Docker Engines. Never written."),
    (
        "~/.cache/regcli/challenges.json",
        "The authentication that each registry requires, and its token service, so that a command saves a \
         request. Contains no secrets. An entry is kept for a day. The file can be deleted at any time.",
    ),
    (
        "~/.cache/regcli/mirrors.json",
        "The mirrors that did not respond. They are tried last for five minutes. The file can be deleted at \
         any time.",
    ),
    (
        "~/.local/share/regcli/token-services.json",
        "The server that checked the password at each login, and its service. Until the next login, \
         credentials go to no other token service. Contains no secrets.",
    ),
    ("~/.local/share/regcli/store/", "The image store, see `regcli-store`(5)."),
];

/// Returns the page, with the name of its file.
pub(super) fn page() -> (String, String) {
    let mut page = Page::begin("regcli-config", 5, "configuration of regcli");
    page.section("Description");
    page.text(
        "regcli works without any configuration. Its own settings are in config.toml. It also reads \
         Docker's settings from config.json, daemon.json and certs.d.",
    );
    page.text(
        "config.toml is the file that `$REGCLI_CONFIG` names, else ~/.config/regcli/config.toml. Its format \
         is TOML. An unknown key is an error with its line and column. Paths are relative to the directory \
         of the file, or to the home directory if they begin with ~/.",
    );
    page.text(
        "A flag overrides an environment variable, which overrides config.toml, which overrides Docker's \
         files. An empty variable counts as unset.",
    );
    page.section("Keys");
    add(&mut page, &KEYS);
    page.section("Keys of a registry");
    page.text(
        "Each registry can have a table with settings of its own. The name of the table contains the \
         registry's HOST[:PORT] in quotes; docker.io is Docker Hub:",
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
