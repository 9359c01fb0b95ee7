//! Requests about watches.

use synod_jute::records::{
    AddWatchRequest, AddWatchResponse, ReadRequest, SetWatches2Request, WatchesRequest,
};
use synod_jute::{AddWatchMode, ErrorCode, Response, Text, WatcherType};
use synod_znode::{Notice, SetAgain, Store, WatchMode, WatchesFull, Zxid};

use super::connection::Connection;
use super::desk::{self, Desk};
use super::reads::Answered;

/// Sets the watch that a read asks for, if it does: at the bounds the read is refused, which so is not mistaken for one that
/// watches.
pub(super) fn set(
    desk: &mut Desk,
    connection: &Connection,
    read: &ReadRequest,
    mode: WatchMode,
) -> Result<(), ErrorCode> {
    if !read.watch {
        return Ok(());
    }
    let set = desk.hub.watch(connection.id, &read.path, mode);
    set.map_err(|full| refused(connection, full))
}

/// ZooKeeper's word for what was not done since there is too much: a client may try again.
fn refused(connection: &Connection, full: WatchesFull) -> ErrorCode {
    let why = match full {
        WatchesFull::Connection => "its own watches take as much as one connection's may",
        WatchesFull::Member => "the watches of all clients of this member take as much as they may",
    };
    tracing::warn!(peer = %connection.peer, why, "a watch is refused");
    ErrorCode::ThrottledOp
}

/// `addWatch`.
pub(super) fn add(desk: &mut Desk, connection: &Connection, add: &AddWatchRequest) -> Answered {
    let mode = match add.mode {
        AddWatchMode::Persistent => WatchMode::Persistent,
        AddWatchMode::PersistentRecursive => WatchMode::PersistentRecursive,
    };
    let set = desk.hub.watch(connection.id, &add.path, mode);
    set.map_err(|full| refused(connection, full))?;
    Ok(Response::AddWatch(AddWatchResponse {
        error: ErrorCode::Ok,
    }))
}

/// The watches that are meant. Persistent ones are of kinds of their own, as from 3.9 on: 3.8 takes them for one of data and one of
/// children, and so can remove half of one.
const fn modes(kind: WatcherType) -> &'static [WatchMode] {
    match kind {
        WatcherType::Data => &[WatchMode::Data],
        WatcherType::Children => &[WatchMode::Child],
        WatcherType::Persistent => &[WatchMode::Persistent],
        WatcherType::PersistentRecursive => &[WatchMode::PersistentRecursive],
        WatcherType::Any => &[
            WatchMode::Data,
            WatchMode::Child,
            WatchMode::Persistent,
            WatchMode::PersistentRecursive,
        ],
    }
}

/// `checkWatches`.
pub(super) fn check(desk: &Desk, connection: &Connection, which: &WatchesRequest) -> Answered {
    let there = desk
        .hub
        .watches(connection.id, &which.path, modes(which.kind));
    there.then_some(Response::None).ok_or(ErrorCode::NoWatcher)
}

/// `removeWatches`.
pub(super) fn remove(desk: &mut Desk, connection: &Connection, which: &WatchesRequest) -> Answered {
    let removed = desk
        .hub
        .unwatch(connection.id, &which.path, modes(which.kind));
    removed
        .then_some(Response::None)
        .ok_or(ErrorCode::NoWatcher)
}

/// `setWatches`, `setWatches2`: what was missed comes before the reply. At the bounds the connection ends, since no client looks
/// whether its watches were set; it tries another member.
pub(super) fn set_again(
    desk: &mut Desk,
    store: &Store,
    connection: &Connection,
    set: &SetWatches2Request,
) -> Answered {
    let paths = |texts: &'_ Vec<Text>| -> Vec<String> {
        texts.iter().map(|text| text.as_str().to_owned()).collect()
    };
    let all = [
        paths(&set.data_watches),
        paths(&set.exist_watches),
        paths(&set.child_watches),
        paths(&set.persistent_watches),
        paths(&set.persistent_recursive_watches),
    ];
    let [data, exist, child, persistent, persistent_recursive] = all
        .each_ref()
        .map(|paths| paths.iter().map(String::as_str).collect::<Vec<_>>());
    let watches = SetAgain {
        data: &data,
        exist: &exist,
        child: &child,
        persistent: &persistent,
        persistent_recursive: &persistent_recursive,
    };
    let seen = Zxid(set.relative_zxid.0);
    let missed = desk.hub.set_again(store, connection.id, seen, &watches);
    let missed = missed.map_err(|full| {
        connection.outbox.cut();
        refused(connection, full)
    })?;
    for notice in missed {
        if let Notice::Event { kind, path, .. } = notice {
            connection
                .outbox
                .put(|out| desk::event(kind, &path).encode(out));
        }
    }
    Ok(Response::None)
}
