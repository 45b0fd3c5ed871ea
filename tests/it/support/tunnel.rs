//! An HTTPS proxy that leads everybody to one server, so that a registry on this machine can have a name that
//! is not a loopback address.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A running proxy. Its threads end with the connections, at the latest with the test.
pub(crate) struct Tunnel {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Tunnel {
    /// Leads everybody to `host`, which is `127.0.0.1:PORT`.
    pub(crate) fn to(host: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, host) = (listener.local_addr().unwrap(), host.to_owned());
        let connections = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&connections);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let host = host.clone();
                counter.fetch_add(1, Ordering::SeqCst);
                // Whoever breaks off has no use for an answer.
                thread::spawn(move || drop(connect(client, &host)));
            }
        });
        Self { address, connections }
    }

    /// How many connections were made through it since the last time this was asked.
    pub(crate) fn connections(&self) -> usize {
        self.connections.swap(0, Ordering::SeqCst)
    }

    /// The variable by which a program finds it.
    pub(crate) fn env(&self) -> (&'static str, String) {
        ("HTTPS_PROXY", format!("http://{}", self.address))
    }
}

fn connect(mut client: TcpStream, host: &str) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    if !head.starts_with(b"CONNECT ") {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n");
    }
    let server = TcpStream::connect(host)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (answers, questions) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || pass(answers, client));
    pass(questions, server);
    drop(back.join());
    Ok(())
}

/// Passes bytes on until their end, and passes the end on, too.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    drop(io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Write));
}
