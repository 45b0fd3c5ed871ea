//! N: networks that break while something is pulled.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::scripted::{KIB, Route, Script, Scripted};
use crate::support::{Fixture, Home, eventually};

use super::{Pulling, TIMEOUT, heaviest};

#[test]
fn n01_a_body_that_is_cut_goes_on_where_it_was() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(layer.size / 2).once();
    there.home.run(["pull", &there.image()]).succeeds().complains("Retrying in ");
    there.is_kept();
    there.took_next_to_nothing_twice();
    let requests = there.registry.requests(Route::Blob);
    let again = requests.iter().rfind(|heard| heard.head.path.contains(&layer.digest)).unwrap();
    assert_eq!(again.range_start(), Some(layer.size / 2));
}

#[test]
fn n01_cut_again_and_again_as_long_as_it_gets_further() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(300 * KIB).times(12);
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    there.took_next_to_nothing_twice();
}

#[test]
fn n02_a_body_that_is_reset_goes_on_where_it_was() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).reset_after(layer.size / 2).once();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    there.took_little_twice();
}

#[test]
fn n04_a_body_that_is_cut_at_its_first_byte_for_ever_is_given_up() {
    let there = Pulling::small();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(0).forever();
    let begun = Instant::now();
    let outcome = there.home.run(["pull", &there.image()]).ends_with(5);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    outcome.complains(&there.registry.host()).complains("unexpected EOF");
    let asked = there.registry.requests(Route::Blob);
    let asked = asked.iter().filter(|heard| heard.head.path.contains(&layer.digest)).count();
    assert_eq!(asked, 6, "attempts");
    there.is_not_kept();
}

#[test]
fn n05_a_body_that_stalls_is_asked_for_again() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).stall_after(layer.size / 2).once();
    let begun = Instant::now();
    let outcome = there.home.run(["--timeout", "2s", "pull", &there.image()]).succeeds();
    outcome.complains("no data for 2 s");
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    there.is_kept();
    there.took_little_twice();
}

/// The only one that waits for as long as people have to, if they say nothing.
#[test]
fn n05_a_stall_is_found_after_half_a_minute_if_nobody_says_otherwise() {
    let there = Pulling::small();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).stall_after(100).once();
    let begun = Instant::now();
    there.home.run(["pull", &there.image()]).succeeds().complains("no data for 30 s");
    let taken = begun.elapsed();
    eprintln!("a stall was found, and the rest taken, after {taken:?}");
    assert!(taken < Duration::from_secs(35), "{taken:?}");
    there.is_kept();
}

#[test]
fn n05_a_body_that_trickles_is_asked_for_again() {
    let there = Pulling::small();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).trickle(10, Duration::from_millis(100)).once();
    there.home.run(["--timeout", "1s", "pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn n06_a_request_without_an_answer_is_made_again() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).silent().once();
    there.registry.on(Route::Blob).silent().once();
    let outcome = there.home.run(["--timeout", TIMEOUT, "pull", &there.image()]).succeeds();
    outcome.complains("no answer for 1 s");
    there.is_kept();
}

#[test]
fn n06_a_registry_that_never_answers_is_given_up() {
    let there = Pulling::small();
    there.registry.on(Route::Blob).silent().forever();
    let command = ["--timeout", TIMEOUT, "--retry", "2", "pull", &there.image()];
    there.home.run(command).ends_with(5).complains(&there.registry.host());
    there.is_not_kept();
}

#[test]
fn n07_n09_n10_a_connection_that_ends_before_an_answer_is_made_anew() {
    let there = Pulling::small();
    for route in [Route::Manifest, Route::Blob, Route::Tags, Route::Catalog] {
        there.registry.on(route).hang_up().once();
        there.registry.on(route).reset().once();
    }
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    there.home.run(["tags", &there.registry.at("app")]).succeeds().prints("1\n");
    there.home.run(["catalog", &there.registry.host()]).succeeds().prints("app\n");
}

#[test]
fn n15_headers_that_trickle_are_not_waited_for() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).trickle_headers(Duration::from_millis(200)).once();
    there.registry.on(Route::Blob).trickle_headers(Duration::from_millis(200)).once();
    let begun = Instant::now();
    there.home.run(["--timeout", TIMEOUT, "pull", &there.image()]).succeeds();
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    there.is_kept();
}

#[test]
fn n17_a_storage_that_cuts_is_gone_to_by_way_of_the_registry() {
    let there = Pulling::heavy();
    let storage = there.registry.beside();
    let layer = there.layer();
    let signed = |number: u32| format!("{}/v2/app/blobs/{}?sig={number}", storage.origin(), layer.digest);
    there.registry.on(Route::Blob).of(&layer.digest).redirect(307, signed(1)).once();
    there.registry.on(Route::Blob).of(&layer.digest).redirect(307, signed(2)).once();
    storage.on(Route::Blob).of("sig=1").cut_after(layer.size / 2).once();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    let second = storage.requests(Route::Blob).pop().unwrap();
    assert!(second.head.path.contains("sig=2"), "{second:?}");
    assert_eq!(second.range_start(), Some(layer.size / 2));
    super::little_twice(storage.blob_bytes_sent(), layer.size);
}

#[test]
fn n18_what_was_killed_goes_on_in_the_next_run() {
    // As large as a blob may be that is not split.
    let there = Pulling::of(Scripted::start(), Fixture::heavy(15 << 20));
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).stall_after(layer.size / 2).once();
    let pull = there.home.regcli(["pull", &there.image()]).start();
    let part = there.home.store().join("parts").join(layer.digest.replace(':', "-"));
    // The rest is in memory, where it is gathered.
    let half = layer.size / 2 - 256 * KIB;
    let has_half = || fs::metadata(&part).is_ok_and(|part| part.len() >= half).then_some(());
    eventually(Duration::from_secs(30), has_half).unwrap();
    pull.signal(Signal::KILL);
    pull.finish().ends_with(137);
    there.is_not_kept();
    there.registry.forget();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    let again = there.registry.blob_bytes_sent();
    eprintln!("the second run took {again} of {} bytes", there.fixture.blob_bytes());
    assert!(again * 100 <= there.fixture.blob_bytes() * 55, "{again} bytes");
}

#[test]
fn n21_an_interrupted_pull_ends_at_once_and_leaves_nothing_that_looks_whole() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).stall_after(layer.size / 2).once();
    let pull = there.home.regcli(["pull", &there.image()]).start();
    let half = || (there.registry.blob_bytes_sent() >= layer.size / 2).then_some(());
    eventually(Duration::from_secs(10), half).unwrap();
    pull.signal(Signal::INT);
    let begun = Instant::now();
    let outcome = pull.finish().ends_with(130);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(!outcome.stdout.contains("Status:"), "{outcome}");
    there.is_not_kept();
}

#[test]
fn n22_who_takes_connections_and_says_nothing_is_given_up_with_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    for plain in [&["--plain-http"][..], &[]] {
        let begun = Instant::now();
        let image = format!("{host}/x");
        let command = [&["--timeout", "2s"], plain, &["pull", &image]].concat();
        Home::fresh().run(command).ends_with(5).complains(&host).complains(" for 2 s");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

/// The same with the limits that people get who say nothing.
#[test]
fn n22_that_takes_half_a_minute_at_most() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let begun = Instant::now();
    Home::fresh().run(["pull", &format!("{host}/x")]).ends_with(5).complains(&host);
    eprintln!("given up after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn n22_who_does_not_even_take_connections_is_given_up_too() {
    let full = Full::new();
    let begun = Instant::now();
    let command = ["--timeout", "2s", "--plain-http", "pull", &format!("{}/x", full.host())];
    Home::fresh().run(command).ends_with(5).complains(&full.host()).complains("no connection for 2 s");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// A port whose queue is full: who knocks gets no answer at all.
struct Full {
    address: std::net::SocketAddr,
    _runtime: tokio::runtime::Runtime,
    _listener: tokio::net::TcpListener,
    _waiting: Vec<std::net::TcpStream>,
}

impl Full {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket.listen(1).unwrap()
        });
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            waiting.push(stream);
        }
        Self { address, _runtime: runtime, _listener: listener, _waiting: waiting }
    }

    fn host(&self) -> String {
        self.address.to_string()
    }
}

#[test]
fn n23_a_refused_connection_is_told_at_once() {
    let host = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string() };
    let begun = Instant::now();
    let outcome = Home::fresh().run(["pull", &format!("{host}/x")]).ends_with(5);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    outcome.complains("connection refused").complains(&host);
}

#[test]
fn n24_a_name_that_is_none_is_told() {
    let home = Home::fresh();
    home.run(["pull", "registry.invalid/x"]).ends_with(5).complains("no such host");
}

/// `localhost` has both addresses here; the registry listens at the second one only.
#[test]
fn n24_a_dead_address_of_a_name_does_not_hold_up_the_living_one() {
    let there = Pulling::small();
    let port = there.registry.host().rsplit_once(':').unwrap().1.to_owned();
    let begun = Instant::now();
    there.home.run(["pull", &format!("localhost:{port}/app:1")]).succeeds();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A blob whose first stream is slow and ends; then nobody gets any further than this.
#[track_caller]
fn split_and_given_up(hindered: impl Fn(Script) -> Script) {
    let there = Pulling::of(Scripted::start(), Fixture::huge(24 << 20));
    let layer = heaviest(&there.fixture);
    let on_layer = || there.registry.on(Route::Blob).of(&layer.digest);
    on_layer().unranged().trickle(64 << 10, Duration::from_millis(5)).once();
    hindered(on_layer().ranged()).forever();
    there.home.run(["--jobs", "2", "--retry", "3", "pull", &there.image()]).ends_with(5);
    let asked = there.registry.requests(Route::Blob).len();
    eprintln!("{asked} requests");
    // The first stream, and four attempts each of two parts and of whoever was sent for one that was late.
    assert!(asked <= 1 + 1 + 3 * 4, "{asked} requests");
    there.is_not_kept();
}

#[test]
fn a_blob_that_is_split_is_not_asked_for_more_often_than_one_that_is_not() {
    split_and_given_up(|rule| rule.status(500));
}

/// What little each attempt gets further is not worth another one, or there would be millions.
#[test]
fn a_blob_that_is_split_and_cut_at_each_byte_for_ever_is_given_up() {
    split_and_given_up(|rule| rule.cut_after(1));
}
