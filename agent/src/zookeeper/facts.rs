//! What four-letter words, and the commands of the admin API, are answered from. Only what a word asks for is gathered in the loop, and no list without end.

use std::sync::Arc;

use synod_machine::StateMachine as _;
use synod_znode::{ConnectionId, Sizes, Store, WatchCounts};

use super::connection::Connection;
use super::desk::Desk;
use super::{Front, desk};

/// Lines of one list; what is beyond is left out, and that is said.
pub(super) const LINES_MAX: usize = 10_000;

/// Which list is wanted besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    None,
    Connections,
    Sessions,
    WatchesByConnection,
    WatchesByPath,
}

/// Of many heads: each with what is under it.
pub(super) type Sections<H, L> = Vec<(H, Vec<L>)>;

/// What the loop knows.
pub(super) struct Facts {
    pub(super) zxid: i64,
    pub(super) digest: u64,
    pub(super) sizes: Sizes,
    pub(super) watches: WatchCounts,
    /// Connections of clients.
    pub(super) connection_count: usize,
    /// Packets that came, and that went.
    pub(super) packets: (u64, u64),
    /// If they are wanted.
    pub(super) connections: Vec<Arc<Connection>>,
    /// If they are wanted.
    pub(super) sessions: Vec<i64>,
    /// Sessions with their ephemeral nodes or their watches, if those are wanted.
    pub(super) by_session: Sections<i64, String>,
    /// Paths with the sessions that watch them, if they are wanted.
    pub(super) by_path: Sections<String, i64>,
    /// Something was left out.
    pub(super) is_cut: bool,
}

impl Facts {
    /// Gathers them in the loop; `None` if it has too much to do.
    pub(super) async fn gather(front: &Arc<Front>, list: List) -> Option<Self> {
        let shared = Arc::clone(&front.desk);
        let ended = front.metrics.packets();
        let look = move |store: &mut Store| {
            desk::with(&shared, store, |desk, store| {
                Self::new(desk, store, list, ended)
            })
        };
        front.engine.inspect(look).await.ok()
    }

    fn new(desk: &Desk, store: &Store, list: List, ended: (u64, u64)) -> Self {
        let here = desk.packets();
        let mut facts = Self {
            zxid: store.zxid().0,
            digest: store.digest(),
            sizes: store.sizes(),
            watches: desk.hub.counts(),
            connection_count: desk.connections.len(),
            packets: (ended.0 + here.0, ended.1 + here.1),
            connections: Vec::new(),
            sessions: Vec::new(),
            by_session: Vec::new(),
            by_path: Vec::new(),
            is_cut: false,
        };
        let session = |id: ConnectionId| {
            let connection = desk.connections.get(&id);
            connection.map_or(0, |connection| connection.held().session.0)
        };
        match list {
            List::None => {}
            List::Connections => {
                let all = desk.connections.values();
                facts.connections = all.take(LINES_MAX).cloned().collect();
                facts.is_cut = desk.connections.len() > LINES_MAX;
            }
            List::Sessions => {
                let all = store.sessions().map(|session| session.id().0);
                facts.sessions = all.take(LINES_MAX).collect();
                facts.is_cut = facts.sizes.sessions > LINES_MAX as u64;
                let all = store.all_ephemerals();
                let all = all.map(|(session, paths)| (session.0, paths.map(str::to_owned)));
                let (listed, is_cut) = bounded(all);
                facts.by_session = listed;
                facts.is_cut |= is_cut;
            }
            List::WatchesByConnection => {
                let all = desk.hub.by_connection();
                let all = all.map(|(id, paths)| (session(id), paths.map(str::to_owned)));
                (facts.by_session, facts.is_cut) = bounded(all);
            }
            List::WatchesByPath => {
                let all = desk.hub.by_path();
                let all = all.map(|(path, ids)| (path.to_owned(), ids.map(session)));
                (facts.by_path, facts.is_cut) = bounded(all);
            }
        }
        facts
    }

    /// What monitoring reads, by ZooKeeper's names.
    pub(super) fn monitored(&self, front: &Front) -> [(&'static str, u64); 12] {
        let leads = matches!(front.mode(), "leader" | "standalone");
        [
            ("peer_state_leading", u64::from(leads)),
            ("packets_received", self.packets.0),
            ("packets_sent", self.packets.1),
            ("num_alive_connections", self.connection_count as u64),
            ("outstanding_requests", 0),
            ("znode_count", self.sizes.nodes),
            ("watch_count", self.watches.watches as u64),
            ("ephemerals_count", self.sizes.ephemerals),
            ("approximate_data_size", self.sizes.data_bytes),
            ("global_sessions", self.sizes.sessions),
            ("local_sessions", 0),
            ("locks", self.sizes.locks),
        ]
    }
}

/// As many as there is room for, and whether something was left out.
fn bounded<H, L>(
    all: impl Iterator<Item = (H, impl Iterator<Item = L>)>,
) -> (Sections<H, L>, bool) {
    let (mut listed, mut room, mut is_cut) = (Vec::new(), LINES_MAX, false);
    for (head, mut lines) in all {
        if room == 0 {
            return (listed, true);
        }
        let taken: Vec<_> = lines.by_ref().take(room).collect();
        is_cut |= lines.next().is_some();
        room = room.saturating_sub(taken.len() + 1);
        listed.push((head, taken));
    }
    (listed, is_cut)
}

/// A number as ZooKeeper shows sessions and zxids.
pub(super) fn hex(number: i64) -> String {
    format!("0x{number:x}")
}

#[cfg(test)]
mod tests {
    use synod_znode::{Settings, WatchBounds, WatchMode};

    use super::*;

    /// Lines of the list, heads counted, and whether it was cut.
    fn lines(watches: usize, list: List) -> (usize, bool) {
        let mut store = Store::new(Settings::default());
        let mut desk = Desk::new(&mut store, WatchBounds::NONE);
        for number in 0..watches {
            let path = format!("/{number}");
            let set = desk.hub.watch(ConnectionId(1), &path, WatchMode::Data);
            set.expect("no bounds");
        }
        let facts = Facts::new(&desk, &store, list, (0, 0));
        let by_session = facts.by_session.iter().map(|(_, lines)| lines.len());
        let by_path = facts.by_path.iter().map(|(_, lines)| lines.len());
        let lines = by_session.chain(by_path).map(|lines| lines + 1);
        (lines.sum(), facts.is_cut)
    }

    #[test]
    fn no_list_is_without_end() {
        for (watches, list, expected) in [
            (LINES_MAX * 2, List::None, (0, false)),
            (3, List::WatchesByConnection, (4, false)),
            (LINES_MAX, List::WatchesByConnection, (LINES_MAX + 1, false)),
            (
                LINES_MAX + 1,
                List::WatchesByConnection,
                (LINES_MAX + 1, true),
            ),
            (LINES_MAX / 2, List::WatchesByPath, (LINES_MAX, false)),
            (LINES_MAX / 2 + 1, List::WatchesByPath, (LINES_MAX, true)),
        ] {
            assert_eq!(lines(watches, list), expected, "{watches} in {list:?}");
        }
    }
}
