//! What is said, and what is there again, when the disk does not take what is written, or not all of it.

use std::fs::create_dir;
use std::path::Path;

use synod_resp::Server;
use synod_resp::persistence::{Fsync, Kept};

use crate::client::Client;
use crate::persistence::{serve, settings, wait_until};

/// Has the log of a server fail, which has not been cut since its directory was made: the file is a directory that it goes on in.
fn fail(directory: &Path, server: &Server) {
    let next = "wal-0000000000000002";
    create_dir(directory.join(next)).expect("there is none");
    let mut client = Client::of(server);
    client.ask("bgrewriteaof");
    let refused = "-MISCONF Errors writing to the AOF file: create wal-";
    let is_refused = |client: &mut Client| client.ask("del nothing").starts_with(refused);
    let client = std::cell::RefCell::new(client);
    wait_until(|| is_refused(&mut client.borrow_mut()));
}

#[test]
fn a_transaction_that_writes_is_refused_when_the_log_has_failed() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = serve(&settings(directory.path(), Fsync::EverySecond));
    let (mut writer, mut reader) = (Client::of(&server), Client::of(&server));
    for (client, command) in [(&mut writer, "set k v"), (&mut reader, "get k")] {
        assert_eq!(client.ask("multi"), "+OK");
        assert_eq!(client.ask(command), "+QUEUED");
    }
    fail(directory.path(), &server);
    let answer = writer.ask("exec");
    let refused = "-EXECABORT Transaction discarded because of: MISCONF Errors writing";
    assert!(answer.starts_with(refused), "{answer}");
    assert_eq!(reader.ask("exec"), "*1 $-1", "nothing was written");
    server.stop();
}

#[test]
fn clients_of_memcached_are_refused_when_the_log_has_failed() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = serve(&settings(directory.path(), Fsync::EverySecond));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one");
    server.serve_memcached(&listener).expect("it can listen");
    Client::of(&server).ask("set k 1");
    fail(directory.path(), &server);
    for request in [
        "set k 0 0 1\r\n2\r\n",
        "incr k 1\r\n",
        "touch k 100\r\n",
        "gat 100 k\r\n",
        "delete k\r\n",
        "flush_all\r\n",
        "md k\r\n",
        "ma k\r\n",
        "mg k v T100\r\n",
    ] {
        let mut client = Client::at(address);
        client.write(request.as_bytes());
        let answer = client.read_lines(1).concat();
        assert!(
            answer.starts_with("SERVER_ERROR MISCONF"),
            "{request}: {answer}"
        );
    }
    assert_eq!(Client::of(&server).ask("get k"), "$1 1");
    let mut client = Client::at(address);
    client.write(b"mg k v\r\n");
    assert!(client.read_lines(1).concat().starts_with("VA 1"));
    server.stop();
}

#[test]
fn when_the_log_is_synced_can_be_set() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = serve(&settings(directory.path(), Fsync::Never));
    let mut client = Client::of(&server);
    assert_eq!(
        client.ask("config get appendfsync"),
        "*2 $11 appendfsync $2 no"
    );
    client.ask("set k v");
    assert_eq!(client.ask("config set appendfsync always"), "+OK");
    client.ask("set k w");
    // What is known of the disk is not asked for, so nothing is written to it for this.
    client.ask("multi");
    client.ask("waitaof 1 0 0");
    assert_eq!(client.ask("exec"), "*1 *2 :1 :0", "it is on the disk");
    server.stop();
}

#[test]
fn a_script_that_is_ended_with_the_server_did_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(directory.path(), Fsync::Always);
    let server = serve(&settings);
    let mut client = Client::of(&server);
    client.ask("set whole 1");
    client.ask("config set busy-reply-threshold 1");
    let mut other = Client::of(&server);
    other.send("eval redis.call('set','half','1')while\ttrue\tdo\tend 0");
    let client = std::cell::RefCell::new(client);
    wait_until(|| client.borrow_mut().ask("ping").starts_with("-BUSY"));
    server.stop();
    assert_eq!(other.try_ask("ping"), None, "it is answered nothing");
    let server = serve(&settings);
    let mut client = Client::of(&server);
    assert_eq!(client.ask("exists half"), ":0");
    assert_eq!(client.ask("exists whole"), ":1");
    server.stop();
}

#[test]
fn what_could_not_be_imported_is_imported_the_next_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut settings = settings(directory.path(), Fsync::Always);
    settings.import = Some(directory.path().join("nothing.rdb"));
    assert!(Kept::open(&settings).is_err(), "there is no such file");
    let file = "../core/cache/tests/rdb/redis-7.0.rdb";
    settings.import = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    let keys = |server: &Server| Client::of(server).ask("dbsize");
    let server = serve(&settings);
    let imported = keys(&server);
    assert_ne!(imported, ":0");
    Client::of(&server).ask("set another one");
    server.stop();
    let server = serve(&settings);
    assert_ne!(keys(&server), imported, "it is not imported again");
    server.stop();
}
