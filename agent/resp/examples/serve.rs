//! A server without anything around it: `serve PORT THREADS [NAME VALUE]…`, with settings as `CONFIG SET` names them.

use std::net::TcpListener;

use synod_resp::{Server, Settings, Setup};

fn main() {
    let mut args = std::env::args().skip(1);
    let mut number = || Some(args.next()?.parse::<usize>().expect("a number"));
    let port = number().expect("a port") as u16;
    let settings = Settings {
        threads: number().unwrap_or(1),
        partitions: 16,
        ..Settings::default()
    };
    let rest: Vec<_> = args.collect();
    let pairs = rest.chunks_exact(2);
    let setup = Setup {
        config: pairs
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect(),
        on_shutdown: Some(Box::new(|_| std::process::exit(0))),
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    let server = Server::start_with(listener, &settings, setup).expect("threads");
    println!("listens at {}", server.address());
    std::thread::park();
}
