//! Where a registry may lead to, by the address that is connected to.
//!
//! Public, private and internal addresses at once are to be had in a network namespace only: the test runs itself in
//! one, where they all are this machine's own. Nothing of it reaches, or changes, any other network.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Home, missing, run};

/// Set within the namespace.
const INSIDE: &str = "REGCLI_TEST_IN_NAMESPACE";

/// Names and addresses that are there. 203.0.113.0/24 is for documentation, and public to every rule.
const HOSTS: [(&str, &str); 6] = [
    ("public.lab", "203.0.113.7"),
    ("cdn.lab", "203.0.113.8"),
    ("private.lab", "10.9.8.7"),
    ("beside.lab", "10.9.8.6"),
    ("metadata.lab", "169.254.169.254"),
    ("loopback.lab", "127.0.0.1"),
];

/// Runs the test of this name within a network namespace; `true` within it.
fn is_in_namespace(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if missing("ip") || missing("unshare") {
        return false;
    }
    let mut command = crate::support::command("unshare");
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    let program = std::env::current_exe().unwrap();
    let inside = command.args(["--net", "--mount", "--"]).arg(program).env(INSIDE, "1");
    let output = inside.args(["--exact", "--nocapture", test]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// Gives this machine all addresses, and names for them.
fn move_in() {
    run("ip", ["link", "set", "lo", "up"]).succeeds();
    for (_, address) in HOSTS.iter().filter(|(_, address)| *address != "127.0.0.1") {
        run("ip", ["addr", "add", &format!("{address}/32"), "dev", "lo"]).succeeds();
    }
    let names = tempfile::NamedTempFile::new().unwrap();
    let lines: String = HOSTS.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
    fs::write(names.path(), lines).unwrap();
    run("mount", ["--bind", names.path().to_str().unwrap(), "/etc/hosts"]).succeeds();
}

/// A server at every address, that gives the same answer to everything.
struct Lab {
    port: u16,
    answer: Arc<Mutex<String>>,
    /// The local addresses that were connected to.
    visited: Arc<Mutex<Vec<String>>>,
}

impl Lab {
    fn open() -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let lab = Self { port, answer: Arc::default(), visited: Arc::default() };
        let (answer, visited) = (Arc::clone(&lab.answer), Arc::clone(&lab.visited));
        // It ends with the process, which is this test's own.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                visited.lock().unwrap().push(stream.local_addr().unwrap().ip().to_string());
                let answer = answer.lock().unwrap().clone();
                thread::spawn(move || serve(stream, &answer));
            }
        });
        lab
    }

    /// Lets a registry at `name` answer this, and tells who was visited besides it, and how the command ended.
    fn try_with(&self, name: &str, answer: &str, home: &Home) -> (Vec<String>, i32, String) {
        *self.answer.lock().unwrap() = answer.to_owned();
        self.visited.lock().unwrap().clear();
        let image = format!("{name}:{}/app:1", self.port);
        let outcome = home.run(["pull", "--plain-http", "--retry", "0", &image]);
        let own = HOSTS.iter().find(|(known, _)| *known == name).unwrap().1;
        let mut visited = self.visited.lock().unwrap().clone();
        visited.retain(|address| address != own);
        visited.dedup();
        (visited, outcome.code, outcome.stderr)
    }
}

fn serve(mut stream: TcpStream, answer: &str) {
    let mut request = [0; 4096];
    while stream.read(&mut request).is_ok_and(|length| length > 0) {
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// What a registry can say to lead elsewhere: where its token service is, where a manifest is.
fn ways(url: &str) -> [String; 2] {
    [
        format!(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"{url}/token\",service=\"x\"\r\n\
             Content-Length: 0\r\n\r\n"
        ),
        format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {url}/elsewhere\r\nContent-Length: 0\r\n\r\n"),
    ]
}

/// A home that has a password for every registry.
fn home(port: u16) -> Home {
    let home = Home::fresh();
    fs::create_dir(home.path().join(".docker")).unwrap();
    let auths: Vec<String> =
        HOSTS.iter().map(|(name, _)| format!(r#""{name}:{port}": {{"auth": "ZGVtbzpodW50ZXIy"}}"#)).collect();
    fs::write(home.docker_config(), format!(r#"{{"auths": {{{}}}}}"#, auths.join(", "))).unwrap();
    home
}

#[test]
fn a30_r12_a_registry_leads_nowhere_further_inwards_than_it_is() {
    if !is_in_namespace("tokens::reach::a30_r12_a_registry_leads_nowhere_further_inwards_than_it_is") {
        return;
    }
    move_in();
    let lab = Lab::open();
    let home = home(lab.port);
    let refused = |from: &str, to: &str| {
        for answer in ways(&format!("http://{to}:{}", lab.port)) {
            let (visited, code, stderr) = lab.try_with(from, &answer, &home);
            assert_eq!(visited, Vec::<String>::new(), "{from} led to {to}: {stderr}");
            assert_eq!(code, 4, "{from} {to}: {stderr}");
        }
    };
    let inwards = [
        "private.lab",
        "10.9.8.7",
        "[::ffff:10.9.8.7]",
        "loopback.lab",
        "127.0.0.1",
        "metadata.lab",
        "169.254.169.254",
        "0.0.0.0",
    ];
    for to in inwards {
        refused("public.lab", to);
    }
    for to in &inwards[3..] {
        refused("private.lab", to);
    }
    refused("loopback.lab", "metadata.lab");

    let hint = format!("[registry.\"public.lab:{}\"]\n      private-addresses = true", lab.port);
    let [realm, _] = ways(&format!("http://private.lab:{}", lab.port));
    let (_, _, stderr) = lab.try_with("public.lab", &realm, &home);
    let words = "refusing to connect to private.lab (10.9.8.7): a registry at a public address may not lead to a \
                 private one";
    assert!(stderr.contains(words) && stderr.contains(&hint), "{stderr}");
}

#[test]
fn a_registry_leads_outwards_to_its_own_network_and_where_its_user_says() {
    if !is_in_namespace("tokens::reach::a_registry_leads_outwards_to_its_own_network_and_where_its_user_says")
    {
        return;
    }
    move_in();
    let lab = Lab::open();
    let home = home(lab.port);
    let leads = |from: &str, to: &str, address: &str| {
        for answer in ways(&format!("http://{to}:{}", lab.port)) {
            let (visited, _, stderr) = lab.try_with(from, &answer, &home);
            assert_eq!(visited, [address], "{from} to {to}: {stderr}");
        }
    };
    leads("public.lab", "cdn.lab", "203.0.113.8");
    leads("private.lab", "beside.lab", "10.9.8.6");
    leads("private.lab", "cdn.lab", "203.0.113.8");
    leads("loopback.lab", "private.lab", "10.9.8.7");

    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let table = format!("[registry.\"public.lab:{}\"]\nprivate-addresses = true\n", lab.port);
    fs::write(folder.join("config.toml"), table).unwrap();
    leads("public.lab", "private.lab", "10.9.8.7");
    for answer in ways(&format!("http://metadata.lab:{}", lab.port)) {
        let (visited, code, stderr) = lab.try_with("public.lab", &answer, &home);
        assert_eq!((visited, code), (Vec::new(), 4), "{stderr}");
    }
}
