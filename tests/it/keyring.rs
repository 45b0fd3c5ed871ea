//! The system's keyring: a Secret Service on a session bus of its own, and this program as a credential helper for it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Api, Fixture, Home, Kind, missing};

/// A home with `docker-credential-regcli` on its `PATH`.
struct Scene {
    home: Home,
}

impl Scene {
    fn new() -> Self {
        let home = Home::fresh();
        for folder in ["bin", "run", ".docker"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        fs::set_permissions(home.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        let program = env!("CARGO_BIN_EXE_regcli");
        symlink(program, home.path().join("bin/regcli")).unwrap();
        symlink(program, home.path().join("bin/docker-credential-regcli")).unwrap();
        Self { home }
    }

    /// Makes the keyring the place for credentials.
    fn choose_keyring(&self) {
        fs::write(self.home.docker_config(), r#"{"credsStore":"regcli"}"#).unwrap();
    }

    fn config(&self) -> String {
        fs::read_to_string(self.home.docker_config()).unwrap()
    }

    /// Runs a shell's script without any session bus; answers exit code and both outputs.
    fn shell(&self, script: &str) -> (i32, String, String) {
        self.finish(self.command("sh", &["-c", script]))
    }

    /// Runs a shell's script on a session bus with a keyring that is unlocked.
    fn session(&self, script: &str) -> (i32, String, String) {
        let unlock = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
        let script = format!("{unlock}\n{script}");
        self.finish(self.command("dbus-run-session", &["--", "sh", "-c", &script]))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap();
        let own = std::iter::once(self.home.path().join("bin"));
        let path: OsString = std::env::join_paths(own.chain(std::env::split_paths(&path))).unwrap();
        command.args(arguments).current_dir(self.home.path()).env_clear();
        command.env("HOME", self.home.path()).env("PATH", path).env("LANG", "C.UTF-8");
        command.env("XDG_RUNTIME_DIR", self.home.path().join("run")).env("REGCLI_STORE", self.store());
        command
    }

    fn store(&self) -> PathBuf {
        self.home.store()
    }

    #[track_caller]
    fn finish(&self, mut command: Command) -> (i32, String, String) {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

/// Whether there is no Secret Service to test with.
fn no_keyring() -> bool {
    missing("dbus-run-session") || missing("gnome-keyring-daemon")
}

#[test]
fn the_helper_keeps_what_programs_give_it_by_the_protocols_words() {
    if no_keyring() {
        return;
    }
    let scene = Scene::new();
    let (code, stdout, stderr) = scene.session(
        r#"helper() { docker-credential-regcli "$@"; echo "exit $?"; }
        printf r.lab | helper get
        printf '{"ServerURL":"r.lab","Username":"user1","Secret":"s3 & <cret>"}\n' | helper store
        printf '{"ServerURL":"https://index.docker.io/v1/","Username":"<token>","Secret":"IDENTITY"}' | helper store
        printf 'r.lab\n' | helper get
        printf unused | helper list
        printf https://index.docker.io/v1/ | helper get
        printf r.lab | helper erase
        printf r.lab | helper erase
        printf r.lab | helper get
        printf unused | helper list"#,
    );

    assert_eq!(
        stdout,
        "credentials not found in native keychain\nexit 1\nexit 0\nexit 0\n\
         {\"ServerURL\":\"r.lab\",\"Username\":\"user1\",\"Secret\":\"s3 \\u0026 \\u003ccret\\u003e\"}\nexit 0\n\
         {\"https://index.docker.io/v1/\":\"\\u003ctoken\\u003e\",\"r.lab\":\"user1\"}\nexit 0\n\
         {\"ServerURL\":\"https://index.docker.io/v1/\",\"Username\":\"\\u003ctoken\\u003e\",\"Secret\":\"IDENTITY\"}\nexit 0\n\
         exit 0\nexit 0\ncredentials not found in native keychain\nexit 1\n\
         {\"https://index.docker.io/v1/\":\"\\u003ctoken\\u003e\"}\nexit 0\n",
        "{stderr}"
    );
    assert_eq!(code, 0);
}

#[test]
fn a_login_to_the_keyring_is_found_by_regcli_and_by_skopeo_and_leaves_no_secret_in_the_file() {
    if no_keyring() || missing("skopeo") {
        return;
    }
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let scene = Scene::new();
    scene.choose_keyring();
    let host = registry.host();
    // skopeo asks helpers that are named for a registry, and no store for all.
    let authfile = scene.home.path().join("auth.json");
    fs::write(&authfile, format!(r#"{{"credHelpers":{{"{host}":"regcli"}}}}"#)).unwrap();

    let (_, stdout, stderr) = scene.session(&format!(
        "printf s3cret | regcli login -u user1 --password-stdin {host}
        regcli auth status --check --format '{{{{.Registry}}}} {{{{.Username}}}} {{{{.Source}}}} {{{{.Check}}}}'
        regcli catalog {host}; echo \"exit $?\"
        skopeo login --authfile {authfile} --get-login {host}
        regcli logout {host}
        regcli auth status --format '{{{{.Registry}}}}'; regcli catalog {host}; echo \"exit $?\"",
        authfile = authfile.display(),
    ));

    assert_eq!(
        stdout,
        format!(
            "Login Succeeded\n{host} user1 keyring accepted\nexit 0\nuser1\n\
             Removing login credentials for {host}\nexit 4\n"
        ),
        "{stderr}"
    );
    assert_eq!(scene.config(), "{\n\t\"auths\": {},\n\t\"credsStore\": \"regcli\"\n}");
}

#[test]
fn without_a_session_bus_the_file_stands_in_and_that_is_said_once() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let scene = Scene::new();
    scene.choose_keyring();
    let words = "WARNING: no keyring is available: no Secret Service responds on the session bus; config.json is used instead\n";

    let (code, stdout, stderr) =
        scene.shell(&format!("printf s3cret | regcli login -u user1 --password-stdin {}", registry.host()));
    assert_eq!((code, stdout.as_str()), (0, "Login Succeeded\n"), "{stderr}");
    assert!(stderr.starts_with(words) && stderr.contains("credentials are stored unencrypted"), "{stderr}");
    assert!(scene.config().contains("\"auth\": \"dXNlcjE6czNjcmV0\""), "{}", scene.config());

    let (code, _, stderr) =
        scene.shell(&format!("regcli catalog {0} && regcli auth status", registry.host()));
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stderr, words.repeat(2), "once in each of two commands");
    let (code, ..) = scene.shell(&format!("regcli logout {}", registry.host()));
    assert_eq!((code, scene.config().contains("dXNlcjE6czNjcmV0")), (0, false));
}

#[test]
fn an_anonymous_pull_neither_fails_nor_waits_for_want_of_a_keyring() {
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");
    let scene = Scene::new();
    scene.choose_keyring();
    let begin = std::time::Instant::now();

    let (code, stdout, stderr) = scene.shell(&format!("regcli pull -q {}/team/app:1", registry.host()));

    assert_eq!((code, stdout), (0, format!("{}/team/app:1\n", registry.host())), "{stderr}");
    assert!(begin.elapsed() < std::time::Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn what_the_helper_cannot_do_is_said_on_standard_output_as_helpers_do() {
    let scene = Scene::new();
    let no_bus = "no keyring is available: no Secret Service responds on the session bus\n";
    for (script, words, code) in [
        ("printf r.lab | docker-credential-regcli get", no_bus, 1),
        ("printf unused | docker-credential-regcli list", no_bus, 1),
        ("printf r.lab | docker-credential-regcli erase", no_bus, 1),
        ("docker-credential-regcli get </dev/null", "no credentials server URL\n", 1),
        ("printf ' \\n' | docker-credential-regcli erase", "no credentials server URL\n", 1),
        (
            "printf '{\"Username\":\"u\",\"Secret\":\"hunter2\"}' | docker-credential-regcli store",
            "no credentials server URL\n",
            1,
        ),
        (
            "printf '{\"ServerURL\":\"r.lab\",\"Secret\":\"hunter2\"}' | docker-credential-regcli store",
            "no credentials username\n",
            1,
        ),
        (
            "printf '{\"Secret\":\"hunter2' | docker-credential-regcli store",
            "invalid request at column 18\n",
            1,
        ),
        ("head -c 70000 /dev/zero | docker-credential-regcli get", "the request is too large\n", 1),
        ("docker-credential-regcli", "Usage: docker-credential-regcli <store|get|erase|list|version>\n", 1),
        (
            "docker-credential-regcli a b",
            "Usage: docker-credential-regcli <store|get|erase|list|version>\n",
            1,
        ),
        (
            "docker-credential-regcli --help",
            "Usage: docker-credential-regcli <store|get|erase|list|version>\n",
            0,
        ),
        ("docker-credential-regcli pull", "docker-credential-regcli: unknown action: pull\n", 1),
        (
            "docker-credential-regcli version",
            concat!("docker-credential-regcli (regcli) v", env!("CARGO_PKG_VERSION"), "\n"),
            0,
        ),
    ] {
        assert_eq!(scene.shell(script), (code, words.to_owned(), String::new()), "{script}");
    }
}
