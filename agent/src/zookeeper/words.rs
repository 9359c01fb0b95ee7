//! Four-letter words, and what they are answered: ZooKeeper's lines with this member's facts.

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use synod_jute::FourLetterWord;
use synod_znode::WatchCounts;

use super::Front;
use super::connection::Connection;
use super::facts::{Facts, LINES_MAX, List, hex};
use crate::clock;

/// What is said of the version: programs look for the number.
pub(super) const VERSION: &str = concat!(
    "3.8.0-synod-",
    env!("CARGO_PKG_VERSION"),
    ", built on the Paxos log"
);

/// A word's answer.
pub(super) async fn answer(front: &Arc<Front>, word: FourLetterWord) -> String {
    let word = word.as_str();
    if !front
        .settings
        .words
        .iter()
        .any(|allowed| allowed == word || allowed == "*")
    {
        return format!("{word} is not executed because it is not in the whitelist.\n");
    }
    match word {
        "ruok" => "imok".to_owned(),
        "isro" if front.knows_a_leader() => "rw".to_owned(),
        "isro" => "ro".to_owned(),
        "crst" => "Connection stats reset.\n".to_owned(),
        "srst" => "Server stats reset.\n".to_owned(),
        // What ZooKeeper traces if nobody asked for another thing; here nothing is.
        "gtmk" => "306".to_owned(),
        "stmk" => String::new(),
        "envi" => environment(),
        "conf" => configuration(front).await,
        _ => match Facts::gather(front, list_of(word))
            .await
            .filter(|_| front.knows_a_leader())
        {
            Some(facts) => facts.answer(front, word),
            None => "This ZooKeeper instance is not currently serving requests\n".to_owned(),
        },
    }
}

/// The list that a word shows.
fn list_of(word: &str) -> List {
    match word {
        "stat" | "cons" => List::Connections,
        "dump" => List::Sessions,
        "wchc" => List::WatchesByConnection,
        "wchp" => List::WatchesByPath,
        _ => List::None,
    }
}

impl Facts {
    fn answer(&self, front: &Front, word: &str) -> String {
        let mut text = match word {
            "srvr" => self.server(front, false),
            "stat" => self.server(front, true),
            "cons" => self.clients(true),
            "mntr" => self.monitor(front),
            "dump" => self.dump(),
            "wchs" => self.watch_summary(),
            "wchc" => sections(self.by_session.iter().map(|(id, paths)| (hex(*id), paths))),
            "wchp" => sections(self.by_path.iter().map(|(path, ids)| {
                let ids: Vec<_> = ids.iter().map(|id| hex(*id)).collect();
                (path, ids)
            })),
            "dirs" => format!("datadir_size: {}\nlogdir_size: 0\n", self.sizes.bytes),
            "hash" => format!("{:x}\n", self.digest),
            _ => String::new(),
        };
        if self.is_cut {
            let _ = writeln!(text, "(more than {LINES_MAX} lines: the rest is left out)");
        }
        text
    }

    fn server(&self, front: &Front, clients: bool) -> String {
        let mut text = format!("Zookeeper version: {VERSION}\n");
        if clients {
            let _ = writeln!(text, "Clients:\n{}", self.clients(false));
        }
        let (received, sent) = self.packets;
        let _ = write!(
            text,
            "Latency min/avg/max: 0/0.0/0\nReceived: {received}\nSent: {sent}\nConnections: {}\nOutstanding: 0\nZxid: {}\nMode: {}\nNode count: {}\n",
            self.connection_count,
            hex(self.zxid),
            front.mode(),
            self.sizes.nodes
        );
        text
    }

    fn clients(&self, sessions: bool) -> String {
        let mut text = String::new();
        for connection in &self.connections {
            let (received, sent) = connection.packets();
            let _ = write!(
                text,
                " /{}[1](queued=0,recved={received},sent={sent}",
                connection.peer
            );
            if sessions {
                text.push_str(&self.session(connection));
            }
            text.push_str(")\n");
        }
        text.push('\n');
        text
    }

    /// What `cons` says of a connection's session. Operations and latencies are not kept for each.
    fn session(&self, connection: &Connection) -> String {
        let held = connection.held();
        format!(
            ",sid={},lop=NA,est={},to={},lcxid=0x0,lzxid={},lresp={},llat=0,minlat=0,avglat=0,maxlat=0",
            hex(held.session.0),
            clock::wall_ms_of(connection.since),
            held.timeout_ms,
            hex(self.zxid),
            clock::wall_ms_of(connection.heard()),
        )
    }

    fn monitor(&self, front: &Front) -> String {
        let mut text = format!("zk_version\t{VERSION}\nzk_server_state\t{}\n", front.mode());
        for (name, value) in self.monitored(front) {
            let _ = writeln!(text, "zk_{name}\t{value}");
        }
        text
    }

    fn dump(&self) -> String {
        let mut text = format!(
            "SessionTracker dump:\nGlobal Sessions({}):\n",
            self.sizes.sessions
        );
        for session in &self.sessions {
            let _ = writeln!(text, "{}", hex(*session));
        }
        let _ = writeln!(
            text,
            "ephemeral nodes dump:\nSessions with Ephemerals ({}):",
            self.by_session.len()
        );
        let all = self.by_session.iter();
        text + &sections(all.map(|(id, paths)| (hex(*id) + ":", paths)))
    }

    fn watch_summary(&self) -> String {
        let WatchCounts {
            connections,
            paths,
            watches,
            ..
        } = self.watches;
        format!("{connections} connections watching {paths} paths\nTotal watches:{watches}\n")
    }
}

/// A line for each head, and its own lines under it, indented.
fn sections<L: IntoIterator<Item: Display>>(
    all: impl Iterator<Item = (impl Display, L)>,
) -> String {
    let mut text = String::new();
    for (head, lines) in all {
        let _ = writeln!(text, "{head}");
        for line in lines {
            let _ = writeln!(text, "\t{line}");
        }
    }
    text
}

fn environment() -> String {
    format!(
        "Environment:\nzookeeper.version={VERSION}\nos.name={}\nos.arch={}\n",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

async fn configuration(front: &Front) -> String {
    let limits = front.engine.inspect(|store| store.limits()).await;
    let limits = limits.unwrap_or_default();
    let rows = [
        ("clientPort", front.port().to_string()),
        ("maxClientCnxns", "0".to_owned()),
        ("minSessionTimeout", limits.timeout_ms_min.to_string()),
        ("maxSessionTimeout", limits.timeout_ms_max.to_string()),
        ("serverId", front.number.to_string()),
        ("jute.maxbuffer", front.settings.frame_bytes_max.to_string()),
        ("enforceQuota", limits.enforce_quotas.to_string()),
    ];
    let rows = rows.iter().map(|(name, value)| format!("{name}={value}\n"));
    rows.collect()
}
