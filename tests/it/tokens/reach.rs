//! Where a registry may lead to, by the address that is connected to.
//!
//! Public, private and internal addresses at once are to be had in a network namespace only: the test runs itself in
//! one, where they all are this machine's own. Nothing of it reaches, or changes, any other network.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Home, is_in_namespace, run};

/// Names and addresses that are there. 203.0.113.0/24 is for documentation, and public to every rule.
const HOSTS: [(&str, &str); 6] = [
    ("public.lab", "203.0.113.7"),
    ("cdn.lab", "203.0.113.8"),
    ("private.lab", "10.9.8.7"),
    ("beside.lab", "10.9.8.6"),
    ("metadata.lab", "169.254.169.254"),
    ("loopback.lab", "127.0.0.1"),
];

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
    if !is_in_namespace("tokens::reach::a30_r12_a_registry_leads_nowhere_further_inwards_than_it_is", &HOSTS)
    {
        return;
    }
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
    if !is_in_namespace(
        "tokens::reach::a_registry_leads_outwards_to_its_own_network_and_where_its_user_says",
        &HOSTS,
    ) {
        return;
    }
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

/// A name server: each time it is asked for an address it gives the next one, and the last one from then on.
fn answer_names(addresses: &'static [[u8; 4]]) {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "nameserver 127.0.0.1\n").unwrap();
    run("mount", ["--bind", file.path().to_str().unwrap(), "/etc/resolv.conf"]).succeeds();
    // It ends with the process, which is this test's own.
    thread::spawn(move || {
        let mut asked = 0;
        let mut query = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut query) {
            // Behind the twelve bytes of the head comes the name, and behind its end the type: 1 is for IPv4.
            let end = 13 + query[12..length].iter().position(|byte| *byte == 0).unwrap();
            let is_v4 = query[end..end + 2] == [0, 1];
            let mut answer = query[..end + 4].to_vec();
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(is_v4), 0, 0, 0, 0]);
            if is_v4 {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
                answer.extend(addresses[asked.min(addresses.len() - 1)]);
                asked += 1;
            }
            socket.send_to(&answer, client).unwrap();
        }
    });
}

/// A server at one address that gives the same answer to everything, and counts who comes.
fn serve_at(address: &str, port: u16, answer: String) -> Arc<AtomicUsize> {
    let (listener, visits) = (TcpListener::bind((address, port)).unwrap(), Arc::<AtomicUsize>::default());
    let counter = Arc::clone(&visits);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            thread::spawn(move || serve(stream, &answer));
        }
    });
    visits
}

/// What is told of a public registry that leads inwards.
const NOT_INWARDS: &str = "a registry at a public address may not lead to a private one";

#[test]
fn s7_a_registry_is_where_it_has_answered_from_whatever_its_name_meant_first() {
    let test = "tokens::reach::s7_a_registry_is_where_it_has_answered_from_whatever_its_name_meant_first";
    if !is_in_namespace(test, &HOSTS) {
        return;
    }
    // At first its name is that of an innocent server in the private network, which has no time.
    answer_names(&[[10, 9, 8, 6], [203, 0, 113, 7]]);
    let busy = "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let [_, leading] = ways("http://10.9.8.7:5000");
    let innocent = serve_at("10.9.8.6", 5000, busy.to_owned());
    let hostile = serve_at("203.0.113.7", 5000, leading);
    let victim = serve_at("10.9.8.7", 5000, busy.to_owned());

    let outcome = Home::fresh().run(["pull", "--plain-http", "evil.example:5000/app:1"]);

    assert!(innocent.load(Ordering::SeqCst) > 0 && hostile.load(Ordering::SeqCst) > 0, "{outcome}");
    assert_eq!(victim.load(Ordering::SeqCst), 0, "{outcome}");
    outcome.ends_with(4).complains(NOT_INWARDS);
}

#[test]
fn s7_behind_a_proxy_a_registry_is_public_whatever_its_name_means_here() {
    if !is_in_namespace(
        "tokens::reach::s7_behind_a_proxy_a_registry_is_public_whatever_its_name_means_here",
        &HOSTS,
    ) {
        return;
    }
    let home = Home::fresh();
    let victim = serve_at("10.9.8.7", 5000, String::new());
    for (port, answer) in (3128..).zip(ways("http://10.9.8.7:5000")) {
        // A proxy that gives this answer in the registry's place.
        serve_at("203.0.113.8", port, answer);
        let pull = home.regcli(["pull", "--plain-http", "--retry", "0", "beside.lab:5000/app:1"]);
        let proxied = pull.env("HTTP_PROXY", format!("http://cdn.lab:{port}")).env("NO_PROXY", "10.9.8.7");
        proxied.run().ends_with(4).complains(NOT_INWARDS);
    }
    // A proxy is connected to, but nobody is led there who is asked directly.
    let [_, leading] = ways("http://private.lab:5000");
    serve_at("203.0.113.7", 5001, leading);
    let pull = home.regcli(["pull", "--plain-http", "--retry", "0", "public.lab:5001/app:1"]);
    pull.env("HTTPS_PROXY", "http://private.lab:5000").run().ends_with(4).complains(NOT_INWARDS);
    assert_eq!(victim.load(Ordering::SeqCst), 0);
}
