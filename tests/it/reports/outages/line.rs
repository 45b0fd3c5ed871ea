//! A line to a server that can be cut for a while, and counts who asks meanwhile.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long 16 KiB take.
const PACE: Duration = Duration::from_millis(10);

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// They lead to the server.
    Open,
    /// Those that are there hang for ever, new ones are taken and never answered.
    Silent,
    /// Those that are there are cut, new requests are answered with 503.
    Unavailable,
}

/// A running line. Its threads end with the test.
pub(super) struct Line {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    mode: Mode,
    /// What goes through it: all ends, and whether it hangs.
    streams: Vec<(TcpStream, Arc<Mutex<bool>>)>,
    /// How many requests came while it was not open.
    asked: usize,
    asking: usize,
    /// How many of them at the same time, at most.
    at_once: usize,
}

impl Line {
    /// Leads to `host`, which is `127.0.0.1:PORT`.
    pub(super) fn to(host: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, host) = (listener.local_addr().unwrap(), host.to_owned());
        let state = State { mode: Mode::Open, streams: Vec::new(), asked: 0, asking: 0, at_once: 0 };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (host, state) = (host.clone(), Arc::clone(&shared));
                thread::spawn(move || serve(client, &host, &state));
            }
        });
        Self { address, state }
    }

    /// `127.0.0.1:PORT/NAME`
    pub(super) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// From now on, this is what becomes of connections.
    pub(super) fn set(&self, mode: Mode) {
        let mut state = self.state.lock().unwrap();
        state.mode = mode;
        for (stream, hangs) in state.streams.drain(..) {
            match mode {
                Mode::Open => {}
                Mode::Silent => *hangs.lock().unwrap() = true,
                // It may have ended by itself.
                Mode::Unavailable => drop(stream.shutdown(Shutdown::Both)),
            }
        }
    }

    /// How many requests came while it was not open, and how many of them at the same time.
    pub(super) fn asked(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.asked, state.at_once)
    }
}

fn serve(client: TcpStream, host: &str, state: &Mutex<State>) {
    let mode = state.lock().unwrap().mode;
    match mode {
        Mode::Open => drop(pass_on(client, host, state)),
        Mode::Silent => {
            begin(state);
            // It ends when the client gives up.
            drop(std::io::copy(&mut &client, &mut std::io::sink()));
            state.lock().unwrap().asking -= 1;
        }
        Mode::Unavailable => drop(refuse(client, state)),
    }
}

fn begin(state: &Mutex<State>) {
    let mut state = state.lock().unwrap();
    state.asked += 1;
    state.asking += 1;
    state.at_once = state.at_once.max(state.asking);
}

fn refuse(mut client: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    begin(state);
    // Whoever asks at the same time is seen.
    thread::sleep(Duration::from_millis(50));
    state.lock().unwrap().asking -= 1;
    client.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn pass_on(client: TcpStream, host: &str, state: &Mutex<State>) -> std::io::Result<()> {
    let server = TcpStream::connect(host)?;
    let hangs = Arc::new(Mutex::new(false));
    for stream in [&client, &server] {
        state.lock().unwrap().streams.push((stream.try_clone()?, Arc::clone(&hangs)));
    }
    let (answers, questions) = (server.try_clone()?, client.try_clone()?);
    let shared = Arc::clone(&hangs);
    let back = thread::spawn(move || pass(answers, client, &shared));
    pass(questions, server, &hangs);
    drop(back.join());
    Ok(())
}

/// Passes bytes on until their end, and passes the end on, too.
fn pass(mut from: TcpStream, mut to: TcpStream, hangs: &Mutex<bool>) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if *hangs.lock().unwrap() {
            // Nobody hears of it any more, not even of its end.
            loop {
                thread::park();
            }
        }
        // What is in the system's buffers cannot be cut any more, so that has to be little.
        thread::sleep(PACE);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    if !*hangs.lock().unwrap() {
        drop(to.shutdown(Shutdown::Write));
    }
}
