//! Edits Docker's config.json without losing any of its content.
//!
//! Docker itself drops unknown fields, and of two concurrent logins only the last one is kept. Here the file
//! is locked, read again, edited as a JSON document, and replaced as a whole. A file that does not parse is
//! not changed.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::key::belongs_to;
use super::{Credential, KeychainError};
use crate::config::{DockerConfig, Error as ConfigError, JsonError, read_file};
use crate::reference::Registry;

/// How long to wait for the lock. Another process holds it for milliseconds, unless it is suspended.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// The maximum number of symbolic links to follow, as in the kernel.
const LINKS_MAX: usize = 40;

/// The fields of an entry that contain or belong to a secret.
const CREDENTIAL_FIELDS: [&str; 5] = ["auth", "username", "password", "identitytoken", "registrytoken"];

/// Docker's config.json, for writing. All functions block for a short time.
#[derive(Clone, Debug)]
pub struct DockerFile {
    path: PathBuf,
}

/// The result of an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Whether the content has changed. If not, the file was not written.
    pub changed: bool,
    /// The former permissions of the file, if they allowed other users to read its secrets. They are
    /// restricted now.
    pub was_readable: Option<u32>,
}

impl DockerFile {
    /// Creates an editor for the file at `path`, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the permissions, if they allow other users to read or write the file. On Windows they are not
    /// checked.
    pub(super) fn mode_for_others(&self) -> Option<u32> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let mode = std::fs::metadata(&self.path).ok()?.mode() & 0o777;
            (mode & 0o077 != 0).then_some(mode)
        }
        #[cfg(not(unix))]
        None
    }

    /// Reads the file strictly: content that could not be written back is an error.
    ///
    /// # Errors
    /// [`KeychainError::Config`].
    pub fn read(&self) -> Result<DockerConfig, KeychainError> {
        let content = read_file(&self.path)?.unwrap_or_default();
        match DockerConfig::parse(&content) {
            Ok((config, _)) => Ok(config),
            Err(source) => Err(self.json_error(source)),
        }
    }

    /// Stores `credential` under `key`, replacing the previous one. Other fields of the entry are kept.
    ///
    /// # Errors
    /// [`KeychainError::Config`] with a hint to fix the file, if it cannot be read or does not parse.
    /// [`KeychainError::Write`] and [`KeychainError::Locked`]; the file is unchanged then.
    pub fn store(&self, key: &str, credential: &Credential) -> Result<Change, KeychainError> {
        let fields = credential.to_fields()?;
        self.edit(|document| {
            let entry = entry(auths(document), key);
            for name in CREDENTIAL_FIELDS {
                if !fields.iter().any(|(field, _)| *field == name) {
                    entry.shift_remove(name);
                }
            }
            for (name, value) in &fields {
                entry.insert((*name).to_owned(), value.expose().into());
            }
        })
    }

    /// Records that a helper stores the credentials of `key`, by an entry without any. As Docker does, names
    /// `helper` as the one for all registries, if it was detected and not configured.
    ///
    /// # Errors
    /// The same as those of [`DockerFile::store`].
    pub fn mark(&self, key: &str, helper: Option<&str>) -> Result<Change, KeychainError> {
        self.edit(|document| {
            let entry = entry(auths(document), key);
            for name in CREDENTIAL_FIELDS {
                entry.shift_remove(name);
            }
            if let Some(helper) = helper {
                document.insert("credsStore".to_owned(), helper.into());
            }
        })
    }

    /// Erases `registry` under all its names. A missing file is not created.
    ///
    /// # Errors
    /// The same as those of [`DockerFile::store`].
    pub fn erase(&self, registry: &Registry) -> Result<Change, KeychainError> {
        if self.read()?.auths.iter().all(|(key, _)| !belongs_to(key, registry)) {
            return Ok(Change::default());
        }
        self.edit(|document| auths(document).retain(|key, _| !belongs_to(key, registry)))
    }

    fn edit(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<Change, KeychainError> {
        let folder = folder_of(&self.path);
        make_folder(folder).map_err(write_error("mkdir", folder))?;
        let _lock = self.lock()?;
        let before = self.document()?;
        let mut document = before.clone();
        change(&mut document);
        if document == before {
            return Ok(Change::default());
        }
        let was_readable = self.replace(&document)?;
        Ok(Change { changed: true, was_readable })
    }

    /// Takes the lock, until the result is dropped. The file is not removed: removing a lock file breaks the
    /// lock for other processes.
    fn lock(&self) -> Result<File, KeychainError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = open_lock(&path).map_err(write_error("open", &path))?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begin.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Err(KeychainError::Locked { path }),
                // Some network file systems have no locks. Docker never takes one.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(write_error("lock", &path)(error)),
            }
        }
    }

    fn document(&self) -> Result<Map<String, Value>, KeychainError> {
        let content = read_file(&self.path)?.unwrap_or_default();
        if content.trim_ascii().is_empty() {
            return Ok(Map::new());
        }
        let document: Option<Map<String, Value>> =
            serde_json::from_slice(&content).map_err(|error| self.json_error(error.into()))?;
        let document = document.unwrap_or_default();
        match document.get("auths") {
            None | Some(Value::Null | Value::Object(_)) => Ok(document),
            Some(_) => {
                let (path, field) = (self.path.clone(), "auths".to_owned());
                Err(ConfigError::Field { path, field, expected: "an object" }.into())
            }
        }
    }

    fn json_error(&self, source: JsonError) -> KeychainError {
        ConfigError::Json { path: self.path.clone(), source }.into()
    }

    /// Writes a new file beside the real one, and renames it. Returns the former mode if it was too open.
    fn replace(&self, document: &Map<String, Value>) -> Result<Option<u32>, KeychainError> {
        let target = follow_links(&self.path).map_err(write_error("open", &self.path))?;
        let folder = folder_of(&target);
        let fail = |source| write_error("write", &target)(source);
        // The file is created with mode 0600.
        let mut file = tempfile::Builder::new()
            .prefix("config.json")
            .tempfile_in(folder)
            .map_err(write_error("open", folder))?;
        file.as_file_mut().write_all(&to_text(document)).map_err(fail)?;
        let was_readable = keep_mode(file.as_file(), &target, holds_secrets(document)).map_err(fail)?;
        file.as_file().sync_all().map_err(fail)?;
        file.persist(&target).map_err(|error| write_error("rename", &target)(error.error))?;
        sync_folder(folder).map_err(write_error("write", folder))?;
        Ok(was_readable)
    }
}

/// Opens the lock file, and creates it if necessary. It is empty, so other users may read it, and a lock file
/// that root has created can still be locked.
fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path),
        result => result,
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeychainError {
    let path = path.to_owned();
    move |source| KeychainError::Write { action, path, source }
}

/// Returns the entries; creates them if necessary, because Docker always writes them, as the first field.
fn auths(document: &mut Map<String, Value>) -> &mut Map<String, Value> {
    if !document.get("auths").is_some_and(Value::is_object) {
        document.shift_insert(0, "auths".to_owned(), Map::new().into());
    }
    document["auths"].as_object_mut().expect("it has just been made an object")
}

/// Returns the entry of `key`. A new entry is inserted in order if the keys are sorted, as Docker's are, or
/// else at the end.
fn entry<'a>(auths: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    if !auths.get(key).is_some_and(Value::is_object) {
        let place = match auths.keys().is_sorted() {
            true => auths.keys().take_while(|other| other.as_str() < key).count(),
            false => auths.len(),
        };
        auths.shift_remove(key);
        auths.shift_insert(place.min(auths.len()), key.to_owned(), Map::new().into());
    }
    auths[key].as_object_mut().expect("it has just been made an object")
}

fn holds_secrets(document: &Map<String, Value>) -> bool {
    let entries = document.get("auths").and_then(Value::as_object);
    let has_secret = |entry: &Value| CREDENTIAL_FIELDS.iter().any(|name| entry.get(name).is_some());
    entries.is_some_and(|entries| entries.values().any(has_secret))
}

/// Formats the document as Docker does: indented by tabs, without a final line break.
fn to_text(document: &Map<String, Value>) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::new());
    let mut serializer = Serializer::with_formatter(&mut *text, PrettyFormatter::with_indent(b"\t"));
    document.serialize(&mut serializer).expect("a JSON document can be written to memory");
    text
}

/// Returns the file at the end of a chain of symbolic links, whether it exists or not.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..LINKS_MAX {
        match std::fs::read_link(&at) {
            Ok(link) => at = folder_of(&at).join(link),
            // This is not a link, or does not exist.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(at);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Gives `file` the owner and mode of the file that it replaces, but without read access for others if it
/// contains secrets. Returns the former mode if it was too open.
fn keep_mode(file: &File, replaced: &Path, secret: bool) -> io::Result<Option<u32>> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let Ok(old) = std::fs::metadata(replaced) else { return Ok(None) };
    let new = file.metadata()?;
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        // This works and is needed only for root, because the file belongs to the user who runs sudo.
        let owned = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
        tracing::debug!(?owned, path = %replaced.display(), "kept the owner");
    }
    let mode = old.mode() & 0o777;
    let too_open = secret && mode & 0o077 != 0;
    let kept = if too_open { 0o600 } else { mode };
    file.set_permissions(std::fs::Permissions::from_mode(kept))?;
    Ok(too_open.then_some(mode))
}

/// Makes a rename survive a power failure.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use proptest::prelude::*;

    use super::*;

    const FULL: &str = r#"{"zzUnknown":{"a":1},"psFormat":"table {{.ID}}","HttpHeaders":{"User-Agent":"x","X-Meta":"y"},"auths":{"old.example.com":{"auth":"dTpw","email":"a@b.c"},"tok.example.com":{"identitytoken":"IDT"},"reg.example.com":{"registrytoken":"RT"},"plain.example.com":{"username":"pu","password":"pp"}},"credHelpers":{},"stackOrchestrator":"swarm"}"#;

    fn user1() -> Credential {
        Credential::Basic { username: "user1".into(), password: "s3cret".into() }
    }

    fn hub() -> Registry {
        Registry::hub()
    }

    fn registry(server: &str) -> Registry {
        Registry::from_server(server).unwrap()
    }

    struct Fixture {
        folder: tempfile::TempDir,
        file: DockerFile,
    }

    /// Creates a fixture with a missing directory in an existing one.
    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let file = DockerFile::new(folder.path().join(".docker/config.json"));
        Fixture { folder, file }
    }

    fn fixture_with(content: &str) -> Fixture {
        let fixture = fixture();
        std::fs::create_dir(fixture.file.path().parent().unwrap()).unwrap();
        std::fs::write(fixture.file.path(), content).unwrap();
        fixture
    }

    impl Fixture {
        fn text(&self) -> String {
            std::fs::read_to_string(self.file.path()).unwrap()
        }

        fn mode(&self, path: &str) -> u32 {
            self.folder.path().join(path).metadata().unwrap().permissions().mode() & 0o777
        }

        fn set_mode(&self, mode: u32) {
            std::fs::set_permissions(self.file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    #[test]
    fn the_first_login_makes_the_file_byte_for_byte_as_docker_does() {
        let fixture = fixture();

        let change = fixture.file.store("127.0.0.1:5011", &user1()).unwrap();

        assert_eq!(change, Change { changed: true, was_readable: None });
        assert_eq!(
            fixture.text(),
            "{\n\t\"auths\": {\n\t\t\"127.0.0.1:5011\": {\n\t\t\t\"auth\": \"dXNlcjE6czNjcmV0\"\n\t\t}\n\t}\n}"
        );
        assert_eq!((fixture.mode(".docker"), fixture.mode(".docker/config.json")), (0o700, 0o600));
        assert_eq!(fixture.file.store("127.0.0.1:5011", &user1()).unwrap(), Change::default());
    }

    #[test]
    fn an_identity_token_is_written_as_docker_writes_it() {
        let fixture = fixture();
        let token = Credential::IdentityToken { username: Some("idt".into()), token: "rt-idt".into() };

        fixture.file.store("https://index.docker.io/v1/", &token).unwrap();

        let expected = serde_json::json!({"auths": {"https://index.docker.io/v1/": {"auth": "aWR0Og==", "identitytoken": "rt-idt"}}});
        assert_eq!(fixture.text().parse::<Value>().unwrap(), expected);
        fixture.file.store("https://index.docker.io/v1/", &user1()).unwrap();
        assert!(!fixture.text().contains("identitytoken"), "a password takes the token's place");
    }

    #[test]
    fn unknown_fields_and_the_order_of_keys_stay() {
        let fixture = fixture_with(FULL);

        fixture.file.store("127.0.0.1:5011", &user1()).unwrap();
        fixture.file.store("old.example.com", &user1()).unwrap();
        fixture.file.erase(&registry("127.0.0.1:5011")).unwrap();

        let compact = serde_json::to_string(&fixture.text().parse::<Value>().unwrap()).unwrap();
        assert_eq!(compact, FULL.replace("dTpw", "dXNlcjE6czNjcmV0"));
    }

    #[test]
    fn a_new_entry_keeps_sorted_keys_sorted() {
        let fixture = fixture_with(r#"{"auths":{"a":{},"c":{}}}"#);

        fixture.file.store("b", &user1()).unwrap();

        let config = fixture.file.read().unwrap();
        let keys: Vec<&str> = config.auths.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "c"]);
    }

    #[test]
    fn a_symlink_is_written_through_even_if_it_dangles() {
        let fixture = fixture_with("{}");
        let real = fixture.folder.path().join("real.json");
        std::fs::rename(fixture.file.path(), &real).unwrap();
        symlink("../real.json", fixture.file.path()).unwrap();

        fixture.file.store("a", &user1()).unwrap();

        assert!(
            fixture.file.path().is_symlink() && std::fs::read_to_string(&real).unwrap().contains("\"a\"")
        );
        std::fs::remove_file(&real).unwrap();
        fixture.file.store("b", &user1()).unwrap();
        assert!(
            fixture.file.path().is_symlink() && std::fs::read_to_string(&real).unwrap().contains("\"b\"")
        );
    }

    #[test]
    fn a_file_that_does_not_parse_is_never_written_over() {
        for broken in ["{\"auths\": \n", "[]", "{\"auths\": []}", "// {}"] {
            let fixture = fixture_with(broken);

            let error = fixture.file.store("a", &user1()).unwrap_err();

            let hint = crate::diagnose::Hint::FixFile { path: fixture.file.path().to_owned() };
            assert_eq!(crate::diagnose::Diagnose::hint(&error), Some(hint));
            assert_eq!(fixture.text(), broken);
        }
    }

    #[test]
    fn an_empty_file_and_a_byte_order_mark_are_taken() {
        for content in ["", "\n", "null", "\u{feff}{\"auths\":null}"] {
            let fixture = fixture_with(content);

            fixture.file.store("a", &user1()).unwrap();

            assert_eq!(fixture.file.read().unwrap().auths.len(), 1);
        }
    }

    #[test]
    fn a_file_with_secrets_is_closed_to_others_and_one_without_keeps_its_mode() {
        let fixture = fixture_with("{}");
        fixture.set_mode(0o644);
        let marked = fixture.file.mark("a", Some("lab")).unwrap();
        assert_eq!((marked.was_readable, fixture.mode(".docker/config.json")), (None, 0o644));

        let stored = fixture.file.store("a", &user1()).unwrap();

        assert_eq!((stored.was_readable, fixture.mode(".docker/config.json")), (Some(0o644), 0o600));
        fixture.set_mode(0o400);
        fixture.file.store("b", &user1()).unwrap();
        assert_eq!(fixture.mode(".docker/config.json"), 0o400);
    }

    #[test]
    fn logout_erases_all_names_and_nothing_else() {
        let fixture = fixture_with(
            r#"{"auths":{"docker.io":{},"https://index.docker.io/v1/":{},"https://index.docker.io/v1/refresh-token":{},"index.docker.io":{},"https://r.lab/v1/":{},"r.lab:5000":{}}}"#,
        );

        assert!(fixture.file.erase(&hub()).unwrap().changed);
        assert!(fixture.file.erase(&registry("r.lab")).unwrap().changed);
        assert!(!fixture.file.erase(&registry("r.lab")).unwrap().changed);

        assert_eq!(fixture.text(), "{\n\t\"auths\": {\n\t\t\"r.lab:5000\": {}\n\t}\n}");
        fixture.file.erase(&registry("r.lab:5000")).unwrap();
        assert_eq!(fixture.text(), "{\n\t\"auths\": {}\n}", "auths are always present");
    }

    #[test]
    fn logging_out_of_nothing_makes_no_file() {
        let fixture = fixture();

        assert_eq!(fixture.file.erase(&hub()).unwrap(), Change::default());

        assert!(!fixture.file.path().parent().unwrap().exists());
    }

    #[test]
    fn concurrent_logins_keep_all_entries() {
        let fixture = fixture();

        std::thread::scope(|scope| {
            for number in 0..16 {
                let file = &fixture.file;
                scope.spawn(move || file.store(&format!("host{number}.lab"), &user1()).unwrap());
            }
        });

        assert_eq!(fixture.file.read().unwrap().auths.len(), 16);
        let left = std::fs::read_dir(fixture.file.path().parent().unwrap()).unwrap().count();
        assert_eq!(left, 2, "config.json and its lock, no temporary file");
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();

        let error = DockerFile::new(file.path().join("config.json")).store("a", &user1()).unwrap_err();

        assert_eq!(error.to_string(), format!("mkdir {}", file.path().display()));
    }
    /// A login, a logout, or an entry for a helper.
    #[derive(Clone, Debug)]
    enum Edit {
        Store(usize, Credential),
        Mark(usize),
        Erase(usize),
    }

    const SERVERS: [&str; 3] = ["a.example.com", "reg.example.com:5000", "zz"];

    fn edits() -> impl Strategy<Value = Vec<Edit>> {
        let password = any::<String>().prop_map(|password| Credential::Basic {
            username: "user".to_owned(),
            // Docker removes them, so they are removed here as well.
            password: password.trim_matches('\0').into(),
        });
        let token = "[!-~]{1,9}"
            .prop_map(|token| Credential::IdentityToken { username: None, token: token.as_str().into() });
        let edit = prop_oneof![
            (0..3_usize, password).prop_map(|(server, credential)| Edit::Store(server, credential)),
            (0..3_usize, token).prop_map(|(server, credential)| Edit::Store(server, credential)),
            (0..3_usize).prop_map(Edit::Mark),
            (0..3_usize).prop_map(Edit::Erase),
        ];
        prop::collection::vec(edit, 0..8)
    }

    /// Generates documents with unknown fields, and with `auths` among them.
    fn documents() -> impl Strategy<Value = Map<String, Value>> {
        let value = prop_oneof![
            any::<f64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(serde_json::json!({"z": [1, null], "a": {"auth": "x"}})),
        ];
        let key = prop_oneof![any::<String>(), "[a-z]{1,3}", Just("HttpHeaders".to_owned())];
        let auths = serde_json::json!({
            "old.example.com": {"auth": "dTpw", "email": "a@b.c"}, "zz": {"email": "z", "more": [1]},
        });
        (prop::collection::vec((key, value), 0..5), 0..6_usize).prop_map(move |(mut fields, place)| {
            fields.insert(place.min(fields.len()), ("auths".to_owned(), auths.clone()));
            fields.into_iter().collect()
        })
    }

    fn fields_of(document: &Map<String, Value>) -> Vec<(&String, &Value)> {
        document.iter().filter(|(key, _)| *key != "auths").collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn whoever_logs_in_and_out_nothing_else_changes(document in documents(), edits in edits()) {
            let fixture = fixture_with(&Value::from(document.clone()).to_string());
            let mut kept: [Option<Credential>; 3] = [None, None, None];
            for edit in edits {
                match edit {
                    Edit::Store(server, credential) => {
                        fixture.file.store(SERVERS[server], &credential).unwrap();
                        kept[server] = Some(credential);
                    }
                    Edit::Mark(server) => {
                        fixture.file.mark(SERVERS[server], None).unwrap();
                        kept[server] = None;
                    }
                    Edit::Erase(server) => {
                        fixture.file.erase(&registry(SERVERS[server])).unwrap();
                        kept[server] = None;
                    }
                }
                let now: Map<String, Value> = serde_json::from_str(&fixture.text()).unwrap();
                prop_assert_eq!(fields_of(&now), fields_of(&document));
                prop_assert_eq!(&now["auths"]["old.example.com"], &document["auths"]["old.example.com"]);
                let config = fixture.file.read().unwrap();
                for (server, credential) in SERVERS.iter().zip(&kept) {
                    let entry = config.auths.iter().find(|(key, _)| key == server);
                    let found = entry.and_then(|(_, entry)| Credential::from_entry(entry).unwrap());
                    prop_assert_eq!(&found, credential);
                }
            }
        }

        #[test]
        fn a_credential_that_is_written_down_is_read_again(username in "[^:]{1,9}", password in any::<String>()) {
            let fixture = fixture();
            let password = password.trim_matches('\0');
            let credential = Credential::Basic { username, password: password.into() };
            fixture.file.store("zz", &credential).unwrap();
            let config = fixture.file.read().unwrap();
            prop_assert_eq!(Credential::from_entry(&config.auths[0].1), Ok(Some(credential)));
        }
    }
}
