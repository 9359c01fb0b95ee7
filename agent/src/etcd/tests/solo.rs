//! An engine of one member that applies at once, and refuses on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arc_swap::ArcSwap;
use bytes::Bytes;
use synod_agent_api::{
    BallotStatus, ClusterUid, ConfigurationStatus, DiskStatus, Kind, Role, Status,
};
use synod_kv::{FENCES_LEVEL, Settings, Store};
use synod_paxos::{Ballot, Change, ConfigId, Configuration, Member, MemberRole, Node, Now, Slot};
use synod_replica::{ChangeRefusal, MemberContext, Refusal, Stamp, StateMachine};
use tokio::sync::{mpsc, watch};

use crate::engine::{AfterTurn, Engine, Live, Request};

pub(super) const CLUSTER: ClusterUid = ClusterUid(0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00);
const ROUND: u64 = 7;
const ME: Node = Node(1);

/// The engine, and what a test may do to it.
pub(super) struct Solo {
    engine: Engine<Store>,
    status: watch::Sender<Arc<Status>>,
    live: Arc<Live>,
    refusal: Arc<Mutex<Option<Refusal>>>,
    change_refusal: Arc<Mutex<Option<ChangeRefusal>>>,
}

impl Solo {
    pub(super) fn start() -> Self {
        let (requests, inbox) = mpsc::channel(1024);
        let (status, statuses) = watch::channel(Arc::new(leading()));
        let live = Arc::new(Live::default());
        live.set(Slot(0), Slot(0), ROUND, Some(ME));
        let configuration = Arc::new(ArcSwap::from_pointee(alone()));
        let engine = Engine::new(
            requests,
            statuses,
            Arc::clone(&live),
            Arc::clone(&configuration),
        );
        let (refusal, change_refusal) = (Arc::default(), Arc::default());
        let ballot = Ballot {
            round: ROUND,
            node: ME,
        };
        let mut store = Store::new(Settings::default());
        store.lead(Now(0), ballot);
        let turn = Turn {
            store,
            ballot,
            slot: Slot(0),
            begun: Instant::now(),
            live: Arc::clone(&live),
            configuration,
            refusal: Arc::clone(&refusal),
            change_refusal: Arc::clone(&change_refusal),
            hook: None,
        };
        tokio::spawn(turn.run(inbox));
        Self {
            engine,
            status,
            live,
            refusal,
            change_refusal,
        }
    }

    pub(super) fn engine(&self) -> Engine<Store> {
        self.engine.clone()
    }

    /// Refuses requests from now on.
    pub(super) fn refuse(&self, refusal: Option<Refusal>) {
        *self.refusal.lock().expect("unpoisoned") = refusal;
    }

    /// Refuses changes of the configuration from now on.
    pub(super) fn refuse_changes(&self, refusal: ChangeRefusal) {
        *self.change_refusal.lock().expect("unpoisoned") = Some(refusal);
    }

    /// Plays another role under another leader.
    pub(super) fn become_role(&self, role: Role, leader: Option<u64>) {
        self.live.set(Slot(0), Slot(0), ROUND, leader.map(Node));
        self.status.send_modify(|status| {
            let mut changed = Status::clone(status);
            changed.role = role;
            changed.leader = leader;
            *status = Arc::new(changed);
        });
    }
}

struct Turn {
    store: Store,
    ballot: Ballot,
    slot: Slot,
    begun: Instant,
    live: Arc<Live>,
    configuration: Arc<ArcSwap<Configuration>>,
    refusal: Arc<Mutex<Option<Refusal>>>,
    change_refusal: Arc<Mutex<Option<ChangeRefusal>>>,
    hook: Option<AfterTurn<Store>>,
}

impl Turn {
    async fn run(mut self, mut inbox: mpsc::Receiver<Request<Store>>) {
        while let Some(request) = inbox.recv().await {
            self.handle(request);
            let now = self.now();
            for command in self.store.due(now, 100) {
                self.apply(&command);
            }
            if let Some(hook) = &mut self.hook {
                hook(&mut self.store);
            }
        }
    }

    fn handle(&mut self, request: Request<Store>) {
        let refused = *self.refusal.lock().expect("unpoisoned");
        match request {
            Request::Propose { command, reply } => {
                let answer = match refused {
                    Some(refusal) => Err(refusal),
                    None => Ok(self.apply(&command)),
                };
                let _ = reply.send(answer);
            }
            Request::Read { then } => match refused {
                Some(refusal) => then(Err(refusal)),
                None => then(Ok(&mut self.store)),
            },
            Request::Inspect { then } => then(&mut self.store),
            Request::Soft { request, reply } => {
                let now = self.now();
                let answer = match refused {
                    Some(refusal) => Err(refusal),
                    None => Ok(self.store.soft(now, &request)),
                };
                let _ = reply.send(answer);
            }
            Request::Change { step, reply } => {
                let _ = reply.send(self.change(step.change));
            }
            Request::AfterTurn { hook } => self.hook = Some(hook),
            Request::Transfer { reply, .. } => {
                let _ = reply.send(refused.map_or(Ok(()), Err));
            }
            _ => {}
        }
    }

    fn apply(&mut self, command: &Bytes) -> (Slot, synod_kv::Response) {
        self.slot = self.slot.next();
        let stamp = Stamp {
            slot: self.slot,
            ballot: self.ballot,
            newest: self.ballot,
            time_ms: 0,
            level: FENCES_LEVEL,
        };
        let response = self.store.apply(&stamp, command).expect("a known command");
        self.live
            .set(self.slot, self.slot, ROUND, self.live.leader().map(Node));
        (self.slot, response)
    }

    fn change(&mut self, change: Change) -> Result<ConfigId, ChangeRefusal> {
        if let Some(refusal) = self.change_refusal.lock().expect("unpoisoned").clone() {
            return Err(refusal);
        }
        let mut next = Configuration::clone(&self.configuration.load());
        next.id.0 += 1;
        match change {
            Change::Add { node, member } => {
                next.highest = next.highest.max(node);
                next.members.insert(node, member);
            }
            Change::Promote { node } => {
                let member = next
                    .members
                    .get_mut(&node)
                    .ok_or(ChangeRefusal::UnknownMember)?;
                member.role = MemberRole::Voter;
            }
            Change::Remove { node } => {
                next.members
                    .remove(&node)
                    .ok_or(ChangeRefusal::UnknownMember)?;
            }
            Change::Update { node, context } => {
                let member = next
                    .members
                    .get_mut(&node)
                    .ok_or(ChangeRefusal::UnknownMember)?;
                member.context = context;
            }
            Change::Demote { .. } | Change::Swap { .. } => {
                return Err(ChangeRefusal::NotAllowed("not in these tests"));
            }
        }
        let id = next.id;
        self.configuration.store(Arc::new(next));
        Ok(id)
    }

    fn now(&self) -> Now {
        Now(u64::try_from(self.begun.elapsed().as_nanos()).expect("a short test"))
    }
}

fn alone() -> Configuration {
    let context = MemberContext {
        name: "one".to_owned(),
        peer_address: "127.0.0.1:2380".to_owned(),
        client_urls: vec!["http://127.0.0.1:2379".to_owned()],
        peer_urls: vec!["http://127.0.0.1:2380".to_owned()],
        disk_id: 42,
    };
    let member = Member {
        role: MemberRole::Voter,
        context: context.encode(),
    };
    Configuration::initial(BTreeMap::from([(ME, member)]))
}

fn leading() -> Status {
    Status {
        generation: 1,
        cluster_uid: CLUSTER,
        kind: Kind::ConsensusGroup,
        name: "one".to_owned(),
        number: ME.0,
        etcd_member_id: String::new(),
        etcd_cluster_id: String::new(),
        role: Role::Leader,
        leader: Some(ME.0),
        ballot: BallotStatus {
            round: ROUND,
            node: ME.0,
        },
        promised: BallotStatus::default(),
        configuration: ConfigurationStatus::default(),
        decided: 0,
        last: 0,
        applied: 0,
        first: 1,
        recoverable: true,
        quarantined: None,
        disk: DiskStatus::default(),
        feature_level: FENCES_LEVEL,
        feature_level_max: FENCES_LEVEL,
        version: String::new(),
        certificate_not_after: None,
        certificate_fingerprint: None,
        ca_fingerprints: Vec::new(),
        ready: true,
        not_ready_because: String::new(),
    }
}
