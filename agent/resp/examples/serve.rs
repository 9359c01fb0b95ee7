//! A server without anything around it: `serve PORT THREADS MEMCACHED_PORT`, of which
//! only the first has to be said.

use std::net::TcpListener;

use synod_resp::{Server, Settings};

fn main() {
    let mut args = std::env::args()
        .skip(1)
        .map(|it| it.parse::<usize>().expect("a number"));
    let port = args.next().expect("a port") as u16;
    let settings = Settings {
        threads: args.next().unwrap_or(1),
        partitions: 16,
        ..Settings::default()
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    let server = Server::start(listener, &settings).expect("threads");
    if let Some(port) = args.next() {
        let listener = TcpListener::bind(("127.0.0.1", port as u16)).expect("it is free");
        server.serve_memcached(&listener).expect("it listens");
    }
    println!("listens at {}", server.address());
    std::thread::park();
}
