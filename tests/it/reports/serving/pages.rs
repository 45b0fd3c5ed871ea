//! What a web page can do with a registry on the machine of its reader.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use crate::support::{Home, eventually, missing, run};

use super::{PATIENCE, Served, folder};

/// The files under a folder; none if it is not there.
fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[test]
fn s4_a_web_page_can_neither_read_nor_change_anything() {
    if missing("curl") {
        return;
    }
    let root = folder();
    let served = Served::local(root.path());
    served.push_image("team/app", "1");
    let port = served.host.rsplit(':').next().unwrap();
    let requests = [
        "GET /v2/_catalog",
        "GET /v2/team/app/manifests/1",
        "PUT /v2/team/app/manifests/1",
        "DELETE /v2/team/app/manifests/1",
        "POST /v2/team/app/blobs/uploads/",
        "OPTIONS /v2/",
    ];
    for request in requests {
        for (status, headers) in [
            (421, format!("Host: rebound.example:{port}")),
            (421, "Host: 127.0.0.1.rebound.example".to_owned()),
            (421, format!("Host: rebound.example:{port}\r\nOrigin: http://rebound.example:{port}")),
            (403, "Origin: https://page.example".to_owned()),
            (403, "Origin: null".to_owned()),
            (403, "Sec-Fetch-Site: cross-site".to_owned()),
            (403, "Sec-Fetch-Site: same-site".to_owned()),
        ] {
            let reply = served.send(&format!("{request} HTTP/1.1\r\n{headers}\r\n"), b"");
            assert_eq!(reply.status, status, "{request} {headers}: {reply:?}");
            assert!(!String::from_utf8_lossy(&reply.body).contains("team/app"), "{reply:?}");
        }
    }
    let absolute = served.send("GET http://rebound.example/v2/ HTTP/1.1\r\nHost: localhost\r\n", b"");
    assert_eq!(absolute.status, 421);
    let curl = ["-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_version} %{http_code}"];
    let http_2 = |host: &str| {
        let (header, url) = (format!("Host: {host}"), format!("http://{}/v2/", served.host));
        let more = ["--http2-prior-knowledge", "-H", &header, &url];
        run("curl", [&curl[..], &more].concat()).succeeds().stdout
    };
    assert_eq!(http_2("rebound.example"), "2 421");
    assert_eq!(http_2("localhost:1"), "2 200");

    assert_eq!(files(&root.path().join("uploads")), 0);
    assert_eq!(served.send("GET /v2/team/app/manifests/1 HTTP/1.1\r\n", b"").status, 200);
    assert_eq!(served.send("GET /v2/ HTTP/1.1\r\nSec-Fetch-Site: none\r\n", b"").status, 200);
}

#[test]
fn s4_a_name_is_answered_once_it_is_allowed_or_listened_on() {
    let root = folder();
    let arguments =
        ["--addr", "localhost:0", "--allow-host", "registry.example.com", "--allow-host", "other.lan"];
    let served = Served::start(root.path(), &arguments);
    let status = |host: &str| served.send(&format!("GET /v2/ HTTP/1.1\r\nHost: {host}\r\n"), b"").status;
    for host in ["registry.example.com", "REGISTRY.example.com:443", "other.lan:5000", "localhost"] {
        assert_eq!(status(host), 200, "{host}");
    }
    let refused = served.send("GET /v2/ HTTP/1.1\r\nHost: third.lan\r\n", b"");
    assert_eq!(refused.status, 421);
    let told = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(told.contains("third.lan") && told.contains("--allow-host"), "{told}");
    drop(served);

    // Names of containers and of machines on the network are not known beforehand.
    let served = Served::start(root.path(), &["--addr", ":0"]);
    let host = served.host.replace("0.0.0.0", "127.0.0.1");
    let status =
        |headers: &str| super::send(&host, &format!("GET /v2/ HTTP/1.1\r\n{headers}\r\n"), b"").status;
    assert_eq!(status("Host: registry.lan:5000"), 200);
    assert_eq!(status("Host: registry.lan:5000\r\nOrigin: http://page.example"), 403);
    assert_eq!(status("Host: registry.lan:5000\r\nSec-Fetch-Site: cross-site"), 403);
}

#[test]
fn s4_skopeo_curl_and_regcli_are_answered_under_every_local_name() {
    if missing("skopeo") || missing("curl") {
        return;
    }
    let mut addresses = vec!["127.0.0.1:0"];
    if TcpListener::bind("[::1]:0").is_ok() {
        addresses.push("[::1]:0");
    }
    for address in addresses {
        let root = folder();
        let served = Served::start(root.path(), &["--addr", address]);
        served.push_image("team/app", "1");
        let port = served.host.rsplit(':').next().unwrap();
        let mut hosts = vec![served.host.clone()];
        if address.starts_with("127") {
            hosts.push(format!("localhost:{port}"));
        }
        for host in &hosts {
            let url = format!("http://{host}/v2/_catalog");
            let listed = run("curl", ["-gsS", "--noproxy", "*", &url]).succeeds().stdout;
            assert!(listed.contains("team/app"), "{host}: {listed}");
            if host.starts_with('[') {
                // Older versions of skopeo know no such references.
                continue;
            }
            let image = format!("docker://{host}/team/app");
            let listed = run("skopeo", ["list-tags", "--tls-verify=false", &image]).succeeds().stdout;
            assert!(listed.contains("\"1\""), "{host}: {listed}");
            Home::fresh().run(["tags", &format!("{host}/team/app")]).succeeds().prints("1\n");
        }
    }
}

#[test]
fn s4_an_aborted_upload_leaves_nothing_behind() {
    let root = folder();
    let served = Served::local(root.path());
    let parts = root.path().join("parts");
    let digest = format!("sha256:{}", "0".repeat(64));
    let head = format!(
        "POST /v2/team/app/blobs/uploads/?digest={digest} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
    );
    let mut connection = TcpStream::connect(&served.host).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&vec![7; 4 << 20]).unwrap();
    eventually(PATIENCE, || (files(&parts) == 1).then_some(())).expect("the upload has begun");
    drop(connection);
    let empty = || (files(&parts) == 0 && files(&root.path().join("uploads")) == 0).then_some(());
    eventually(PATIENCE, empty).expect("its bytes have to be removed");
}

#[test]
fn s4_one_client_has_a_bounded_number_of_uploads() {
    let root = folder();
    let served = Served::local(root.path());
    let begin = |name: usize| served.send(&format!("POST /v2/repo{name}/blobs/uploads/ HTTP/1.1\r\n"), b"");
    let begun: Vec<_> = (0..250).map(begin).collect();
    assert!(begun.iter().all(|reply| reply.status == 202));
    assert_eq!(begin(250).status, 429);
    assert_eq!(files(&root.path().join("uploads")), 250);
    let location = begun[0].header("location").unwrap();
    assert_eq!(served.send(&format!("DELETE {location} HTTP/1.1\r\n"), b"").status, 204);
    assert_eq!(begin(0).status, 202);
}
