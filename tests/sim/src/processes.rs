//! Processes among each other and with those who ask them: frames, connections, births and deaths, questions and answers.

use bytes::Bytes;
use synod_paxos::{Ballot, Body, Node};
use synod_replica::{Event, NetEvent, Output, Request, Ticket};

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::service::Service;
use crate::trace::What;
use crate::world::{Asker, Happening, Told, World};

/// How long after its time-out a request may be answered.
const ANSWER_SLACK: Instant = 2 * SECOND;

impl<S: Service> World<S> {
    pub(crate) fn deliver(&mut self, from: Node, to: Node, frame: Bytes) {
        if self.hosts.get(&to).is_none_or(|host| host.agent.is_none()) {
            return;
        }
        if self.hosts[&to].paused_until > self.now {
            let until = self.hosts[&to].paused_until;
            self.at(until, Happening::Frame { from, to, frame });
            return;
        }
        self.trace.add(
            self.now,
            to,
            What::Frame {
                from,
                frame: frame.clone(),
            },
            frame.len() as u64,
        );
        let stale = self.stale_ballot(to, &frame);
        self.votes.hears(to, &frame);
        self.run(to, Some(Event::Net(NetEvent::Received { from, frame })));
        if let Some(ballot) = stale {
            let promised = self.hosts[&to].glance.ballot;
            demand!(
                "membership",
                promised != ballot,
                "{to} promised {ballot} to {from}, who acts under an older configuration than {to} knows to be decided"
            );
        }
    }

    /// The ballot of a frame that asks for votes under a configuration older than the receiver knows to be decided, unless
    /// it was promised before.
    fn stale_ballot(&self, to: Node, frame: &Bytes) -> Option<Ballot> {
        let host = &self.hosts[&to];
        let message =
            synod_replica::overhear(frame).filter(|message| message.config < host.configuration)?;
        let (Body::Prepare { ballot, .. }
        | Body::Sync { ballot, .. }
        | Body::Accept { ballot, .. }) = message.body
        else {
            return None;
        };
        (ballot > host.glance.ballot).then_some(ballot)
    }

    pub(crate) fn send(&mut self, from: Node, to: Node, frame: Bytes) {
        demand!("frames", to != from, "{from} sends to itself");
        self.overhear(from, &frame);
        // A connection is made by whoever knows the other's address.
        let Some(receiver) = self.hosts.get(&to) else {
            return;
        };
        if receiver.agent.is_none()
            || !(self.hosts[&from].net.knows(to) || receiver.net.knows(from))
        {
            return;
        }
        let [first, again] = self.links.fate(self.now, from, to);
        if let Some(at) = again {
            self.at(
                at,
                Happening::Frame {
                    from,
                    to,
                    frame: frame.clone(),
                },
            );
        }
        if let Some(at) = first {
            self.at(at, Happening::Frame { from, to, frame });
        }
    }

    fn overhear(&mut self, from: Node, frame: &Bytes) {
        if let Some(message) = synod_replica::overhear(frame) {
            let host = &self.hosts[&from];
            let may_vote = !host.wiped || !self.is_ours(from);
            self.votes
                .overhear(from, host.incarnation, may_vote, &message);
        }
    }

    /// Starts a machine's process, if it has none.
    pub(crate) fn start(&mut self, node: Node) {
        let now = self.now;
        let host = self.hosts.get_mut(&node).expect("hosts stay in the world");
        if host.agent.is_some() || host.retired {
            return;
        }
        let booted = host.boot(now, &self.profile, &self.ledger, &mut self.random);
        let incarnation = host.incarnation;
        if let Err(why) = booted {
            crate::Violation::raise(
                "recovery",
                format!("{node} does not open its own disk: {why}"),
            );
        }
        self.trace
            .add(now, node, What::Start { incarnation }, incarnation);
        self.run(node, None);
        let peers: Vec<Node> = self
            .hosts
            .keys()
            .copied()
            .filter(|peer| *peer != node)
            .collect();
        for peer in peers {
            self.connect(node, peer);
        }
    }

    /// Both ends learn that a connection stands, if one can.
    pub(crate) fn connect(&mut self, a: Node, b: Node) {
        if !self.links.open(a, b) || !self.links.open(b, a) {
            return;
        }
        for (node, peer) in [(a, b), (b, a)] {
            self.links.begin(node, peer);
            let both = self.hosts[&node].agent.is_some() && self.hosts[&peer].agent.is_some();
            if both {
                let incarnation = self.hosts[&node].incarnation;
                let span = MS + self.random.around(3 * self.profile.net.delay_mean);
                self.after(
                    span,
                    Happening::Link {
                        node,
                        incarnation,
                        peer,
                        up: true,
                    },
                );
            }
        }
    }

    /// `node` learns that its connection to `peer` is gone.
    pub(crate) fn disconnect(&mut self, node: Node, peer: Node) {
        if self.hosts[&node].agent.is_some() {
            let incarnation = self.hosts[&node].incarnation;
            let span = self.random.around(2 * self.profile.net.delay_mean);
            self.after(
                span,
                Happening::Link {
                    node,
                    incarnation,
                    peer,
                    up: false,
                },
            );
        }
    }

    /// A process ends; with `power` its machine does.
    pub(crate) fn die(&mut self, node: Node, power: bool) {
        let now = self.now;
        let host = self.host(node);
        if host.agent.is_none() {
            return;
        }
        let lost = host.die(now, power);
        self.counts.died(power, lost);
        self.trace.add(now, node, What::Die { power, lost }, lost);
        self.forget_asked(node);
        S::died(self, node);
        let peers: Vec<Node> = self
            .hosts
            .keys()
            .copied()
            .filter(|peer| *peer != node)
            .collect();
        for peer in peers {
            // A killed process's connections are reset; a machine that lost power says nothing.
            if self.links.open(node, peer) && (!power || self.random.chance(200)) {
                self.disconnect(peer, node);
            }
        }
    }

    /// Those who asked a process that died do not know what became of it.
    fn forget_asked(&mut self, node: Node) {
        let tickets: Vec<(Node, Ticket)> = self
            .askers
            .range((node, 0)..=(node, Ticket::MAX))
            .map(|(key, _)| *key)
            .collect();
        for key in tickets {
            match self.askers.remove(&key) {
                Some((Asker::Client(client), _)) => S::lost(self, client),
                Some((Asker::Operator(question), _)) => self.told.push((question, Told::Lost)),
                Some((Asker::Nobody | Asker::Admin, _)) | None => {}
            }
        }
    }

    /// Asks a process something.
    pub(crate) fn ask(
        &mut self,
        node: Node,
        asker: Asker<S::Asker>,
        request: impl FnOnce(Ticket) -> Request<S::Machine>,
    ) {
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.askers.insert((node, ticket), (asker, self.now));
        let request = request(ticket);
        let host = &self.hosts[&node];
        if host.running(self.now) {
            self.run(node, Some(Event::Request(request)));
        } else {
            let (until, incarnation) = (host.paused_until, host.incarnation);
            self.at(
                until,
                Happening::Request {
                    node,
                    incarnation,
                    request,
                },
            );
        }
    }

    pub(crate) fn answer(&mut self, node: Node, output: Output<S::Machine>) {
        let ticket = match &output {
            Output::Applied { ticket, .. }
            | Output::ReadReady { ticket, .. }
            | Output::Soft { ticket, .. }
            | Output::Changed { ticket, .. }
            | Output::Transferred { ticket, .. }
            | Output::Snapshotted { ticket, .. } => *ticket,
        };
        let Some((asker, _)) = self.askers.remove(&(node, ticket)) else {
            crate::Violation::raise(
                "answers",
                format!("{node} answers ticket {ticket}, which nobody waits for"),
            );
        };
        match asker {
            Asker::Client(client) => S::answered(self, node, client, output),
            Asker::Nobody => {}
            Asker::Admin => self.admin_answered(node, &output),
            Asker::Operator(question) => match output {
                Output::Changed { result, .. } => self.told.push((question, Told::Changed(result))),
                Output::Transferred { result, .. } => {
                    self.told.push((question, Told::Transferred(result)));
                }
                _ => {}
            },
        }
    }

    /// Every request of a client is answered in time by a process that runs.
    pub(crate) fn check_answers(&self, time_out: Instant) {
        for ((node, ticket), (asker, asked)) in &self.askers {
            let host = &self.hosts[node];
            let since = (*asked).max(host.paused_until);
            demand!(
                "answers",
                matches!(asker, Asker::Admin | Asker::Operator(_))
                    || self.now < since + 2 * time_out + ANSWER_SLACK,
                "{node} has not answered ticket {ticket} of {asker:?}, asked at {asked}"
            );
        }
    }
}
