//! A server without anything around it: `serve PORT [THREADS [PASSWORD]]`.

use std::net::TcpListener;

use synod_resp::{Password, Server, Settings};

fn main() {
    let mut args = std::env::args().skip(1);
    let mut number = || args.next().map(|it| it.parse::<usize>().expect("a number"));
    let port = number().expect("a port") as u16;
    let threads = number().unwrap_or(1);
    let settings = Settings {
        threads,
        password: args.next().map(|words| Password::of(words.as_bytes())),
        ..Settings::default()
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    let server = Server::start(listener, &settings).expect("threads");
    println!("listens at {}", server.address());
    std::thread::park();
}
