//! Credential helpers: programs named `docker-credential-NAME` that store credentials for Docker.
//!
//! The protocol is that of [docker-credential-helpers](https://github.com/docker/docker-credential-helpers):
//! the action is the only argument, the request is written to standard input, and the response and error
//! messages come from standard output. Helpers are searched only in `PATH`, and started without a shell.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::{Credential, KeychainError, Secret};
use crate::config::Warning;

/// The time limit of a helper: some ask the user to unlock a keyring.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The maximum size of each output of a helper in bytes. A credential has a few kilobytes.
const OUTPUT_LIMIT: u64 = 64 << 10;

/// The maximum length of a helper's message that is repeated, in bytes.
const WORDS_LIMIT: usize = 2 << 10;

/// The replacement for a secret.
const REDACTED: &str = "[redacted]";

/// The message of a helper that has no credentials, which is not an error.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// Errors with fixed messages in the protocol.
const REFUSALS: [&str; 2] = ["no credentials server URL", "no credentials username"];

/// A credential helper. Dropping one of its futures kills the program.
#[derive(Clone, Debug)]
pub struct Helper {
    name: String,
    path: OsString,
    time_limit: Duration,
}

/// The actions of a helper.
#[derive(Clone, Copy)]
enum Action {
    Get,
    Store,
    Erase,
    List,
}

/// The response of a helper, and its standard error.
struct Answer {
    status: ExitStatus,
    output: Zeroizing<Vec<u8>>,
    errors: Zeroizing<Vec<u8>>,
}

/// The response to `get`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: Secret,
}

impl Helper {
    /// Creates the helper `docker-credential-NAME`, which is searched in `path`, in the form of `PATH`.
    ///
    /// # Errors
    /// [`KeychainError::HelperName`] if the name is not `[A-Za-z0-9][A-Za-z0-9._-]*`: it comes from a file
    /// and must not lead to another program.
    pub fn new(name: &str, path: Option<&OsStr>) -> Result<Self, KeychainError> {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let first = name.as_bytes().first();
        if first.is_some_and(u8::is_ascii_alphanumeric) && name.bytes().all(inner) {
            let path = path.unwrap_or_default().to_owned();
            Ok(Self { name: name.to_owned(), path, time_limit: TIME_LIMIT })
        } else {
            Err(KeychainError::HelperName(name.to_owned()))
        }
    }

    /// Returns the name, without `docker-credential-`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reports whether the program is installed.
    pub fn is_installed(&self) -> bool {
        self.program().is_some()
    }

    /// Returns the credentials of `server`; `None` if the helper has none. The standard error of the helper
    /// is added to `notes`, here and in the following functions.
    ///
    /// # Errors
    /// [`KeychainError::Helper`], [`KeychainError::HelperTimeout`] and [`KeychainError::HelperRefused`].
    pub async fn get(
        &self,
        server: &str,
        notes: &mut Vec<Warning>,
    ) -> Result<Option<Credential>, KeychainError> {
        let answer = self.run(Action::Get, server.as_bytes()).await?;
        let secret = answer.secret();
        self.note(&answer, secret.as_ref(), notes);
        if !answer.status.success() && answer.words() == NOT_FOUND {
            return Ok(None);
        }
        let answer = answer.check(Action::Get, secret.as_ref())?;
        let credentials: Credentials = answer.parse(Action::Get)?;
        Ok(Credential::from_helper(credentials.username, credentials.secret))
    }

    /// Stores `credential` in the helper.
    ///
    /// # Errors
    /// The same as those of [`Helper::get`], and [`KeychainError::NotForHelpers`].
    pub async fn store(
        &self,
        server: &str,
        credential: &Credential,
        notes: &mut Vec<Warning>,
    ) -> Result<(), KeychainError> {
        let (username, secret) = credential.for_helper()?;
        let request = store_request(server, username, secret);
        let answer = self.run(Action::Store, request.as_bytes()).await?;
        self.note(&answer, Some(secret), notes);
        answer.check(Action::Store, Some(secret)).map(drop)
    }

    /// Erases the credentials of `server`. It is not an error if the helper has none.
    ///
    /// # Errors
    /// The same as those of [`Helper::get`].
    pub async fn erase(&self, server: &str, notes: &mut Vec<Warning>) -> Result<(), KeychainError> {
        let answer = self.run(Action::Erase, server.as_bytes()).await?;
        self.note(&answer, None, notes);
        if answer.words() == NOT_FOUND { Ok(()) } else { answer.check(Action::Erase, None).map(drop) }
    }

    /// Lists the servers and user names in the helper.
    ///
    /// # Errors
    /// The same as those of [`Helper::get`].
    pub async fn list(&self, notes: &mut Vec<Warning>) -> Result<Vec<(String, String)>, KeychainError> {
        let answer = self.run(Action::List, b"unused").await?;
        self.note(&answer, None, notes);
        let answer = answer.check(Action::List, None)?;
        let users: std::collections::BTreeMap<String, String> = answer.parse(Action::List)?;
        Ok(users.into_iter().collect())
    }

    /// Adds the helper's standard error to `notes`, without the secret of this call: a script with tracing
    /// writes it there.
    fn note(&self, answer: &Answer, secret: Option<&Secret>, notes: &mut Vec<Warning>) {
        let text = redacted(&answer.errors, secret);
        if !text.is_empty() {
            notes.push(KeychainError::HelperNote { name: self.name.clone(), text }.into());
        }
    }

    async fn run(&self, action: Action, request: &[u8]) -> Result<Answer, KeychainError> {
        let program = self.program().ok_or_else(|| {
            let reason =
                format!("exec: \"docker-credential-{}\": executable file not found in $PATH", self.name);
            action.error(reason, String::new())
        })?;
        let mut child = Command::new(program)
            .arg(action.argument())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| action.error(error.to_string(), String::new()))?;
        let talk = tokio::time::timeout(self.time_limit, talk(&mut child, request)).await;
        talk.map_err(|_| KeychainError::HelperTimeout { name: self.name.clone(), limit: self.time_limit })?
            .map_err(|error| action.error(error.to_string(), String::new()))
    }

    /// Returns the path of the program. Relative directories in `PATH` are ignored, because their content
    /// depends on the current directory.
    fn program(&self) -> Option<PathBuf> {
        let file = format!("docker-credential-{}{}", self.name, std::env::consts::EXE_SUFFIX);
        let folders = std::env::split_paths(&self.path).filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join(&file)).find(|program| is_executable(program))
    }
}

fn is_executable(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    program.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Writes the request while both outputs are read, because a helper may do these things in any order.
async fn talk(child: &mut Child, request: &[u8]) -> io::Result<Answer> {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut input) = input {
            // A helper need not read its input.
            let _closed_early = input.write_all(request).await;
        }
        Ok(())
    };
    let ((), output, errors) = tokio::try_join!(write, read(output), read(errors))?;
    let status = child.wait().await?;
    Ok(Answer { status, output, errors })
}

async fn read(output: Option<impl AsyncRead + Unpin>) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut content = Zeroizing::new(Vec::new());
    if let Some(output) = output {
        output.take(OUTPUT_LIMIT + 1).read_to_end(&mut content).await?;
    }
    if content.len() as u64 > OUTPUT_LIMIT {
        return Err(io::Error::other(format!("more than {OUTPUT_LIMIT} bytes of output")));
    }
    Ok(content)
}

impl Action {
    fn argument(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Store => "store",
            Self::Erase => "erase",
            Self::List => "list",
        }
    }

    fn error(self, reason: String, output: String) -> KeychainError {
        let doing = match self {
            Self::Get => "getting",
            Self::Store => "storing",
            Self::Erase => "erasing",
            Self::List => "listing",
        };
        KeychainError::Helper { doing, reason, output }
    }
}

impl Answer {
    fn words(&self) -> String {
        cut(&text(&self.output))
    }

    /// Returns the secret in a response to `get`, even if the helper failed after it. If the response cannot
    /// be parsed, all of it may be the secret.
    fn secret(&self) -> Option<Secret> {
        match serde_json::from_slice::<Credentials>(&self.output) {
            Ok(credentials) => Some(credentials.secret),
            Err(_) => self.status.success().then(|| text(&self.output).into_owned().into()),
        }
    }

    /// Fails if the helper failed, with Docker's words and without secrets.
    fn check(self, action: Action, secret: Option<&Secret>) -> Result<Self, KeychainError> {
        if self.status.success() {
            return Ok(self);
        }
        let words = self.words();
        if let Some(refusal) = REFUSALS.into_iter().find(|refusal| *refusal == words) {
            return Err(KeychainError::HelperRefused(refusal));
        }
        Err(action.error(describe(self.status), redacted(&self.output, secret)))
    }

    /// Parses the response. Its content is never repeated in an error.
    fn parse<'a, T: Deserialize<'a>>(&'a self, action: Action) -> Result<T, KeychainError> {
        serde_json::from_slice(&self.output).map_err(|error| {
            let reason =
                format!("the response cannot be parsed at line {} column {}", error.line(), error.column());
            action.error(reason, String::new())
        })
    }
}

/// Returns Go's description of how a program ended.
fn describe(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

fn text(output: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(output.trim_ascii())
}

/// Returns the beginning of a helper's message, without this secret.
fn redacted(output: &[u8], secret: Option<&Secret>) -> String {
    let text = text(output);
    if text.contains("\"Secret\"") {
        // The text looks like a request or a response. It may contain an unknown secret, or one that is
        // truncated or written in another way.
        return REDACTED.to_owned();
    }
    let Some(secret) = secret.filter(|secret| !secret.is_empty()) else { return cut(&text) };
    let spellings = spellings(secret.expose());
    cut(&spellings.iter().fold(text.into_owned(), |text, spelling| text.replace(spelling.as_str(), REDACTED)))
}

/// Returns the forms in which programs write a secret: plain, in JSON, in Go's JSON, and in the traces of
/// bash and dash.
fn spellings(secret: &str) -> [Zeroizing<String>; 5] {
    let json = Zeroizing::new(serde_json::to_string(secret).expect("a string is JSON"));
    let inner = &json[1..json.len() - 1];
    let quoted = |quote| Zeroizing::new(secret.replace('\'', quote));
    [
        secret.to_owned().into(),
        inner.to_owned().into(),
        escaped_as_go(inner),
        quoted(r"'\''"),
        quoted(r#"'"'"'"#),
    ]
}

fn cut(text: &str) -> String {
    text.chars()
        .scan(0, |length, c| {
            *length += c.len_utf8();
            (*length <= WORDS_LIMIT).then_some(c)
        })
        .collect()
}

/// Returns one line of JSON as Go writes it: `<`, `>` and `&` are escaped, which some helpers rely on.
fn store_request(server: &str, username: &str, secret: &Secret) -> Zeroizing<String> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Request<'a> {
        #[serde(rename = "ServerURL")]
        server: &'a str,
        username: &'a str,
        secret: &'a str,
    }
    let request = Request { server, username, secret: secret.expose() };
    let plain = Zeroizing::new(serde_json::to_string(&request).expect("three strings are JSON"));
    let mut line = escaped_as_go(&plain);
    line.push('\n');
    line
}

/// Escapes JSON as Go does, with capacity for one more character.
fn escaped_as_go(json: &str) -> Zeroizing<String> {
    let mut escaped = Zeroizing::new(String::with_capacity(json.len() * 6 + 1));
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// A directory for helpers, to be used as `PATH`.
    pub(in crate::auth) struct Helpers(tempfile::TempDir);

    impl Helpers {
        pub(in crate::auth) fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        /// Adds a helper that is this shell script.
        ///
        /// A separate process writes it. If this process had the file open, a child that another test starts
        /// at the same time would inherit it, and the kernel refuses to run a file that is open for writing.
        pub(in crate::auth) fn script(self, name: &str, script: &str) -> Self {
            let program = self.0.path().join(format!("docker-credential-{name}"));
            let mut shell = std::process::Command::new("sh")
                .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
                .arg(program)
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            write!(shell.stdin.take().unwrap(), "#!/bin/sh\n{script}\n").unwrap();
            assert!(shell.wait().unwrap().success());
            self
        }

        /// Adds a helper that stores its input, one file for each server, and keeps a log of requests.
        pub(in crate::auth) fn keeping(self, name: &str) -> Self {
            let script = r#"
                cd "$(dirname "$0")" || exit 9
                request=$(cat)
                printf '%s %s\n' "$1" "$request" >> log
                case $1 in
                get | erase) server=$request ;;
                store) server=$(printf %s "$request" | sed 's/.*"ServerURL":"\([^"]*\)".*/\1/') ;;
                esac
                file=$(printf 'kept-%s' "$server" | tr / _)
                case $1 in
                store) printf %s "$request" > "$file" ;;
                get) cat "$file" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
                erase) rm "$file" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
                list) echo '{"b.lab":"user2","a.lab":"user1"}' ;;
                esac
            "#;
            self.script(name, script)
        }

        pub(in crate::auth) fn path(&self) -> &OsStr {
            self.0.path().as_os_str()
        }

        /// Returns the requests so far.
        pub(in crate::auth) fn log(&self) -> Vec<String> {
            let log = std::fs::read_to_string(self.0.path().join("log")).unwrap_or_default();
            log.lines().map(str::to_owned).collect()
        }
    }

    fn helper(helpers: &Helpers, name: &str) -> Helper {
        Helper::new(name, Some(helpers.path())).unwrap()
    }

    fn basic(password: &str) -> Credential {
        Credential::Basic { username: "user1".into(), password: password.into() }
    }

    /// Returns the response to `get` of a helper that is this script.
    async fn get(script: &str) -> Result<Option<Credential>, String> {
        let helpers = Helpers::new().script("lab", script);
        let result = helper(&helpers, "lab").get("127.0.0.1:5011", &mut Vec::new()).await;
        result.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn what_is_stored_is_got_back_until_it_is_erased() {
        let helpers = Helpers::new().keeping("lab");
        let helper = helper(&helpers, "lab");
        let mut notes = Vec::new();

        helper.store("127.0.0.1:5011", &basic("s3cret"), &mut notes).await.unwrap();
        assert_eq!(helper.get("127.0.0.1:5011", &mut notes).await.unwrap(), Some(basic("s3cret")));
        helper.erase("127.0.0.1:5011", &mut notes).await.unwrap();
        assert_eq!(helper.get("127.0.0.1:5011", &mut notes).await.unwrap(), None);
        helper.erase("127.0.0.1:5011", &mut notes).await.unwrap();

        assert_eq!(
            helpers.log()[..3],
            [
                r#"store {"ServerURL":"127.0.0.1:5011","Username":"user1","Secret":"s3cret"}"#,
                "get 127.0.0.1:5011",
                "erase 127.0.0.1:5011"
            ]
        );
        assert!(notes.is_empty());
    }

    #[tokio::test]
    async fn an_identity_token_is_stored_in_gos_escapes() {
        let helpers = Helpers::new().keeping("lab");
        let helper = helper(&helpers, "lab");
        let token = Credential::IdentityToken { username: Some("idt".into()), token: "rt&idt".into() };

        helper.store("h", &token, &mut Vec::new()).await.unwrap();

        let expected = r#"store {"ServerURL":"h","Username":"\u003ctoken\u003e","Secret":"rt\u0026idt"}"#;
        assert_eq!(helpers.log(), [expected]);
        let got = helper.get("h", &mut Vec::new()).await.unwrap();
        assert_eq!(got, Some(Credential::IdentityToken { username: None, token: "rt&idt".into() }));
    }

    #[tokio::test]
    async fn the_list_is_read() {
        let helpers = Helpers::new().keeping("lab");

        let list = helper(&helpers, "lab").list(&mut Vec::new()).await.unwrap();

        assert_eq!(list, [("a.lab".into(), "user1".into()), ("b.lab".into(), "user2".into())]);
        assert_eq!(helpers.log(), ["list unused"]);
    }

    #[tokio::test]
    async fn failures_are_told_in_dockers_words() {
        let failed = "error getting credentials - err: exit status 3, out: `boom: backend locked`";
        assert_eq!(get("echo 'boom: backend locked'; exit 3").await, Err(failed.into()));
        assert_eq!(
            get("echo 'no credentials server URL'; exit 1").await,
            Err("no credentials server URL".into())
        );
        let helpers = Helpers::new();
        let error = helper(&helpers, "nothere").store("h", &basic("p"), &mut Vec::new()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "error storing credentials - err: exec: \"docker-credential-nothere\": executable file not found in $PATH, out: ``"
        );
    }

    #[tokio::test]
    async fn a_failing_helper_cannot_bring_a_secret_into_a_message() {
        let helpers = Helpers::new().script("lab", "cat; exit 1");
        let error = helper(&helpers, "lab").store("h", &basic("hunter2"), &mut Vec::new()).await.unwrap_err();
        assert!(
            error.to_string().contains("[redacted]") && !error.to_string().contains("hunter2"),
            "{error}"
        );

        for script in
            [r#"echo '{"Secret":"hunter2"}'; exit 1"#, r#"echo '{"Secret":"hunter2"'"#, "echo hunter2"]
        {
            let message = get(script).await.unwrap_err();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[tokio::test]
    async fn what_a_helper_says_on_standard_error_is_noted() {
        let helpers = Helpers::new().script("lab", "echo diag on stderr >&2; echo '{}'");
        let mut notes = Vec::new();

        let found = helper(&helpers, "lab").get("h", &mut notes).await.unwrap();

        assert_eq!(found, None);
        assert_eq!(notes[0].to_string(), "docker-credential-lab: diag on stderr");
    }

    /// Returns the notes as they are shown.
    fn told(notes: &[Warning]) -> String {
        notes.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn a_helper_that_traces_itself_does_not_show_the_secret_that_it_is_given() {
        for (secret, part, script) in [
            ("hunter2", "hunter2", "set -x; request=$(cat)"),
            ("hunter2", "hunter2", "cat >/dev/null; echo '+ keep hunter2, and again hunter2' >&2"),
            ("hun'ter2", "ter2", "cat >/dev/null; set -x; : \"hun'ter2\""),
            ("hun'ter2", "ter2", r#"cat >/dev/null; printf %s "+ : 'hun'\\''ter2'" >&2"#),
            ("<hun\\ter2>", "ter2", r#"cat >/dev/null; printf %s '{"pw":"\u003chun\\ter2\u003e"}' >&2"#),
        ] {
            let (helpers, mut notes) = (Helpers::new().script("lab", script), Vec::new());
            helper(&helpers, "lab").store("h", &basic(secret), &mut notes).await.unwrap();
            let said = told(&notes);
            assert!(said.contains("[redacted]") && !said.contains(part), "{script}: {said}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_traces_itself_does_not_show_the_secret_that_it_gives() {
        for script in [
            r#"set -x; secret=hunter2; echo "{\"Username\":\"u\",\"Secret\":\"$secret\"}""#,
            r#"echo got hunter2 >&2; echo '{"Username":"u","Secret":"hunter2"}'"#,
            r#"echo got hunter2 >&2; echo '{"Username":"u","Secret":"hunter2"}'; exit 1"#,
            "set -x; echo hunter2",
        ] {
            let (helpers, mut notes) = (Helpers::new().script("lab", script), Vec::new());
            let got = helper(&helpers, "lab").get("h", &mut notes).await;
            let said = told(&notes) + &got.map_or_else(|error| error.to_string(), |_| String::new());
            assert!(said.contains("[redacted]") && !said.contains("hunter2"), "{script}: {said}");
        }
    }

    #[tokio::test]
    async fn a_hanging_helper_is_killed() {
        let helpers = Helpers::new().script("lab", "echo $$ > \"$(dirname \"$0\")/log\"; exec sleep 600");
        let mut hanging = helper(&helpers, "lab");
        hanging.time_limit = Duration::from_millis(500);

        let error = hanging.get("h", &mut Vec::new()).await.unwrap_err();

        assert_eq!(error.to_string(), "docker-credential-lab did not answer within 500ms");
        let process = PathBuf::from("/proc").join(&helpers.log()[0]);
        for _ in 0..100 {
            if std::fs::read_to_string(process.join("cmdline")).unwrap_or_default().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the helper is still running");
    }

    #[tokio::test]
    async fn a_helper_that_never_stops_writing_is_cut_off() {
        let message = get("exec yes").await.unwrap_err();

        assert_eq!(message, "error getting credentials - err: more than 65536 bytes of output, out: ``");
    }

    #[tokio::test]
    async fn a_helper_need_not_read_its_request() {
        let big = basic(&"x".repeat(1 << 20));
        let helpers = Helpers::new().script("lab", "exit 0");

        helper(&helpers, "lab").store("h", &big, &mut Vec::new()).await.unwrap();
    }

    #[test]
    fn a_name_cannot_lead_to_another_program() {
        for name in ["", ".x", "-x", "../x", "a/b", "a b", "a;b", "ä"] {
            assert!(matches!(Helper::new(name, None), Err(KeychainError::HelperName(_))), "{name}");
        }
        assert!(Helper::new("ecr-login_1.0", None).is_ok());
    }

    #[test]
    fn a_relative_folder_in_the_path_is_not_searched() {
        let relative = Helper::new("lab", Some(OsStr::new(".:bin"))).unwrap();

        assert!(!relative.is_installed());
        let helpers = Helpers::new().script("lab", "");
        assert!(helper(&helpers, "lab").is_installed());
    }
    proptest! {
        #[test]
        fn whatever_a_failing_helper_repeats_no_part_of_the_secret_is_told(
            secret in "[Q-Z]{4}[Q-Z\"\\\\<é]{4,16}",
            before in prop_oneof![0..40_usize, WORDS_LIMIT - 120..WORDS_LIMIT + 10],
            as_request in any::<bool>(),
        ) {
            let kept = Secret::from(secret.as_str());
            let said = if as_request { store_request("h", "user", &kept).to_string() } else { secret.clone() };
            let output = format!("{}{said} end", "a".repeat(before)).into_bytes().into();
            let status = std::os::unix::process::ExitStatusExt::from_raw(1 << 8);
            let answer = Answer { status, output, errors: Vec::new().into() };
            let Err(error) = answer.check(Action::Store, Some(&kept)) else { panic!("the helper has failed") };
            prop_assert!(!error.to_string().contains(&secret[..4]), "{}", error);
        }
    }
}
