//! Servers that commands are played at, and clients of them.

use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use synod_cache::command::named;
use synod_resp::{Server, Settings};

use crate::reply::Value;
use crate::stream::CLIENTS;

/// Who has not answered after so long never will.
const ANSWER: Duration = Duration::from_secs(20);
/// So long a server may take to start.
const START: Duration = Duration::from_secs(10);

/// The cache, in this process.
pub(crate) fn ours() -> io::Result<Server> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let settings = Settings {
        threads: 2,
        partitions: 5,
        seed: 1,
        ..Settings::default()
    };
    Server::start(listener, &settings)
}

/// A `redis-server` of this machine, which ends when this is dropped.
pub(crate) struct Redis {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Redis {
    /// Starts one that keeps nothing; nothing if there is no such program.
    pub(crate) fn start() -> io::Result<Option<Self>> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new("redis-server");
        command.args(["--port", &address.port().to_string()]);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--loglevel", "warning", "--daemonize", "no"]);
        let child = match command.stdout(Stdio::null()).spawn() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            child => child?,
        };
        let redis = Self { child, address };
        let since = Instant::now();
        while TcpStream::connect(address).is_err() {
            if since.elapsed() > START {
                return Err(io::Error::other("redis-server does not listen"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(redis))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The version of a Redis, if it is not the one whose answers are expected.
pub(crate) fn other_version(address: SocketAddr) -> io::Result<Option<String>> {
    let about = Client::of(address)?.line("info server").told();
    let version = about.split("redis_version:").nth(1).unwrap_or_default();
    let version = version.split('\\').next().unwrap_or_default();
    Ok((!version.starts_with("7.0.")).then(|| version.to_owned()))
}

/// A client.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn of(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Asks and reads the reply. A server that does not answer is told as an error that none answers.
    pub(crate) fn ask(&mut self, words: &[Vec<u8>]) -> Value {
        self.send(&[words]);
        self.reply()
    }

    /// Sends commands at once.
    pub(crate) fn send(&mut self, commands: &[&[Vec<u8>]]) {
        let mut request = Vec::new();
        for words in commands {
            request.extend(format!("*{}\r\n", words.len()).bytes());
            for word in *words {
                request.extend(format!("${}\r\n", word.len()).bytes());
                request.extend(word);
                request.extend(b"\r\n");
            }
        }
        // Whoever hung up is found when the reply is read.
        drop(self.0.get_mut().write_all(&request));
    }

    pub(crate) fn reply(&mut self) -> Value {
        Value::read(&mut self.0)
            .unwrap_or_else(|error| Value::Error(format!("no answer: {error}").into_bytes()))
    }

    fn line(&mut self, line: &str) -> Value {
        self.ask(&crate::words::words(line))
    }
}

/// A server with the clients of a seed, and one that looks.
pub(crate) struct Peer {
    address: SocketAddr,
    pub(crate) clients: Vec<Client>,
    /// Whether the cache knows how that is asked for.
    pub(crate) has_resp3: bool,
}

impl Peer {
    pub(crate) fn new(address: SocketAddr) -> io::Result<Self> {
        let mut peer = Self {
            address,
            clients: Vec::new(),
            has_resp3: named(b"hello").is_some(),
        };
        peer.renew()?;
        Ok(peer)
    }

    /// Removes all keys. The clients are new; every second one speaks RESP3.
    pub(crate) fn renew(&mut self) -> io::Result<()> {
        self.clients.clear();
        let mut looks = Client::of(self.address)?;
        for line in ["flushall", "script flush", "function flush"] {
            // What is not known has nothing that was to be removed.
            looks.line(line);
        }
        for number in 0..CLIENTS {
            let mut client = Client::of(self.address)?;
            if number % 2 == 1 && self.has_resp3 {
                let said = client.line("hello 3");
                if !matches!(said, Value::Map(_)) {
                    return Err(io::Error::other(format!("no RESP3: {}", said.told())));
                }
            }
            self.clients.push(client);
        }
        self.clients.push(looks);
        Ok(())
    }

    /// Which of the clients looks.
    pub(crate) const LOOKS: usize = CLIENTS;
}
