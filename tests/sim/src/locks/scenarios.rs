//! Directed scenarios of a LockService, each named for what must not happen (again).

use bytes::Bytes;
use synod_jute::Request;
use synod_jute::records::{CreateTtlRequest, ReadRequest, SetDataRequest};
use synod_paxos::Node;

use super::client::{create, open};
use super::recipe::Stage;
use super::{Deed, World};
use crate::clock::{MS, SECOND};
use crate::demand;
use crate::world::Happening;

impl World {
    /// Has a client connect to a member.
    fn settle_at(&mut self, client: usize, node: Node) {
        self.people.clients[client].prefers = Some(node);
        self.connect_client(client);
        self.wait_for("session", |world| {
            let link = world.people.clients[client].link.as_ref();
            link.is_some_and(|link| link.open && link.setting.is_none())
        });
    }

    /// Has a client ask for something, and waits for the answer.
    fn have(&mut self, client: usize, request: Request) {
        self.ask_member(client, request, false);
        self.wait_for("answer", |world| {
            let link = world.people.clients[client].link.as_ref();
            link.is_none_or(|link| link.asked.is_empty())
        });
    }

    fn wait_for(&mut self, what: &str, there: impl Fn(&Self) -> bool) {
        let limit = self.now + 30 * SECOND;
        while !there(self) {
            demand!("progress", self.now < limit, "no {what} for 30 s");
            self.pass(MS);
        }
    }

    fn found(&mut self, client: usize) {
        for path in ["/t", "/locks", "/locks/a", "/locks/b"] {
            self.have(client, Request::Create2(create(path.into(), None, 0)));
        }
    }

    /// Has a client go for a lock until it waits for it or has it.
    fn line_up(&mut self, client: usize) {
        let stage = |world: &Self| world.people.clients[client].recipe.stage();
        self.people.clients[client].keeps = true;
        self.go_for_lock_of(client, "/locks/a");
        self.wait_for("place in the line", |world| {
            matches!(stage(world), Stage::Waiting | Stage::Holding)
        });
    }
}

/// A node lives for a minute, nobody does anything for an hour: it is gone, and what is written then has the right time.
pub(crate) fn idle_hour(world: &mut World) {
    let leader = world.await_leader(None);
    world.settle_at(0, leader);
    world.found(0);
    world.have(
        0,
        Request::CreateTtl(CreateTtlRequest {
            path: "/t/minute".into(),
            data: None,
            acl: open(),
            flags: 5,
            ttl_ms: 60_000,
        }),
    );
    world.pass(3_600 * SECOND);
    let there = world.ledger.borrow().tree.has("/t/minute");
    demand!(
        "time",
        !there,
        "what was to live for a minute lives for an hour"
    );
    world.ledger.borrow_mut().punctual = true;
    let data = Some(Bytes::from_static(b"late"));
    let (path, version) = ("/t".into(), -1);
    let set = SetDataRequest {
        path,
        data,
        version,
    };
    world.have(0, Request::SetData(set));
}

/// Who holds a lock falls silent and does not know that its session ended: the next in line holds it, and what the first one writes
/// to the guarded store is turned away.
pub(crate) fn silent_holder(world: &mut World) {
    let leader = world.await_leader(None);
    world.settle_at(0, leader);
    world.found(0);
    world.line_up(0);
    world.settle_at(1, leader);
    world.line_up(1);
    let attempt = world.people.clients[0].recipe.attempt();
    let first = world.ledger.borrow().holder("/locks/a");
    // Nothing goes in or out, and nobody is told.
    world.people.clients[0].link = None;
    world.wait_for("turn of the next", |world| {
        let ledger = world.ledger.borrow();
        ledger.holder("/locks/a") > first
    });
    world.pass(SECOND);
    let before = world.people.fenced;
    world.at(0, Happening::Deed(Deed::Hold { client: 0, attempt }));
    world.pass(MS);
    for client in &mut world.people.clients {
        client.keeps = false;
    }
    demand!(
        "fencing",
        world.people.fenced > before,
        "who lost the lock {first:?} writes as if it had it"
    );
}

/// A client waits for a node at a member that dies; the node comes; the client hears of it elsewhere.
pub(crate) fn watch_over_death(world: &mut World) {
    let leader = world.await_leader(None);
    let others = world.others(leader);
    world.settle_at(0, others[0]);
    world.settle_at(1, leader);
    world.found(1);
    let (path, watch) = ("/t/awaited".into(), true);
    world.have(0, Request::Exists(ReadRequest { path, watch }));
    world.crash_for(others[0], true, 3 * SECOND);
    world.hang_up(0);
    world.have(1, Request::Create2(create("/t/awaited".into(), None, 0)));
    let before = world.people.events;
    world.settle_at(0, others[1]);
    demand!(
        "watches",
        world.people.events > before,
        "the node came while the client was away, and it does not hear of it"
    );
}
