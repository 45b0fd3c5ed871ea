//! What a person types to start a registry, and sees of it.

use crate::support::eventually;

use super::{PATIENCE, Served, folder};

#[test]
fn u8_addresses_are_taken_as_people_type_them() {
    let root = folder();
    for (typed, expected) in [
        ("0", "127.0.0.1:"),
        (":0", "0.0.0.0:"),
        ("localhost:0", "127.0.0.1:"),
        ("127.0.0.1:0", "127.0.0.1:"),
    ] {
        let served = Served::start(root.path(), &["--addr", typed]);
        assert!(served.host.starts_with(expected), "{typed}: {}", served.host);
        let host = served.host.replace("0.0.0.0", "127.0.0.1");
        assert_eq!(super::send(&host, "GET /v2/ HTTP/1.1\r\n", b"").status, 200, "{typed}");
        let noted = || served.told().contains("stop with ^C").then_some(());
        eventually(PATIENCE, noted).expect("it says what it serves");
        assert_eq!(
            served.told().contains("WARNING: no access control: anyone who can reach"),
            typed == ":0",
            "{}",
            served.told()
        );
    }
}

#[test]
fn u8_the_access_log_has_a_line_for_each_request_and_no_secret() {
    let root = folder();
    let served = Served::start(root.path(), &["--addr", "127.0.0.1:0", "--access-log"]);
    served.push_image("team/app", "1");
    let size =
        served.send("GET /v2/team/app/manifests/1 HTTP/1.1\r\nUser-Agent: test/1.0\r\n", b"").body.len();
    let secret = "hunter2";
    let head = format!(
        "GET /v2/team/app/tags/list?token={secret} HTTP/1.1\r\nAuthorization: Basic {secret}\r\nCookie: {secret}\r\n\
         Referer: http://{secret}/\r\nUser-Agent: evil\" \u{9b}31m \u{202e}\r\n"
    );
    let odd = served.send(&head, b"");
    served.send("GET /v2/\u{9b}31m/x HTTP/1.1\r\nHost: evil.example\r\n", b"");
    served.send("GET /v2/last HTTP/1.1\r\n", b"");
    let last = || served.told().contains("/v2/last").then(|| served.told());
    let told = eventually(PATIENCE, last).expect("every request is logged");

    let lines: Vec<_> = told.lines().filter(|line| line.starts_with("127.0.0.1 - - [")).collect();
    let expected = format!(r#""GET /v2/team/app/manifests/1 HTTP/1.1" 200 {size} "-" "test/1.0""#);
    assert!(lines.iter().any(|line| line.ends_with(&expected)), "{told}");
    assert!(
        lines.iter().any(|line| line.contains(r#""PUT /v2/team/app/manifests/1 HTTP/1.1" 201 "#)),
        "{told}"
    );
    assert!(
        lines.iter().any(|line| line.contains(r#""POST /v2/team/app/blobs/uploads/ HTTP/1.1" 201 "#)),
        "{told}"
    );
    assert!(!told.contains(secret), "{told}");
    let harmful = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!told.contains(harmful), "{told:?}");
    assert_eq!(odd.status, 200, "{odd:?}");
    assert!(told.contains(r#""evil\" \u{9b}31m \u{202e}""#), "{told}");
}
