//! What a world serves: the machine that is replicated, who uses it, and what is demanded of both. Machines, disks, network,
//! faults, the log and the votes about it are the same for all services.

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use synod_agent_api::AgentConfig;
use synod_paxos::{Ballot, Node};
use synod_replica::{Output, StateMachine};

use crate::host::Agent;
use crate::log::Log;
use crate::profile::Profile;
use crate::world::World;

/// A ledger, shared by all machines of a world; a world is one thread.
pub(crate) type Shared<L> = Rc<RefCell<L>>;

/// What everybody is held to.
pub(crate) trait Ledger: Default + Clone {
    /// The log.
    fn log(&self) -> &Log;
    /// The log.
    fn log_mut(&mut self) -> &mut Log;
    /// A group lost its quorum for good: what clients know of it must not come to mean something else.
    fn forsake(&mut self);
    /// What was acknowledged at a slot through `through` that `ballot` first proposed it for, by numbers of the ledger's own.
    fn acknowledged_in(&self, ballot: Ballot, through: u64) -> Vec<usize>;
    /// Whether what has this number is in the log, and what it is.
    fn look_up(&self, number: usize) -> (bool, String);
    /// At the end of a run in which all was healed: what was acknowledged is there.
    fn finish(&self);
}

/// A process that begins.
pub(crate) struct Birth<'a, S: Service> {
    /// Whose it is.
    pub(crate) node: Node,
    /// Counts the machine's processes.
    pub(crate) incarnation: u64,
    /// By what it is held to its word.
    pub(crate) ledger: Shared<S::Ledger>,
    /// Whether it is of an older build.
    pub(crate) old_build: bool,
    /// The world's.
    pub(crate) profile: &'a Profile,
    /// What its clock shows.
    pub(crate) now: synod_paxos::Now,
    /// Its wall clock in milliseconds since 1970.
    pub(crate) wall_ms: u64,
    /// Another one in each process.
    pub(crate) seed: u64,
    /// What it is started with, where an operator says so.
    pub(crate) config: Option<Arc<AgentConfig>>,
}

/// A service.
pub(crate) trait Service: Sized + 'static {
    /// The machine that is replicated, watched.
    type Machine: StateMachine;
    /// What everybody is held to.
    type Ledger: Ledger;
    /// What a process has besides its driver: what ends with it.
    type Desk: Default;
    /// Who uses the service.
    type People: Default;
    /// What people do at some time.
    type Deed;
    /// Who of them waits for an answer.
    type Asker: Copy + Debug;

    /// The empty machine of a process.
    fn machine(birth: &Birth<'_, Self>) -> Self::Machine;
    /// What a process has besides its driver.
    fn desk(agent: &mut Agent<Self>, birth: &Birth<'_, Self>) -> Self::Desk;
    /// Puts people into the world.
    fn populate(world: &mut World<Self>);
    /// Somebody does something.
    fn happen(world: &mut World<Self>, deed: Self::Deed);
    /// What a process hands its driver by itself before it lets it act.
    fn hand_in(_world: &mut World<Self>, _node: Node) {}
    /// A process has acted.
    fn turned(world: &mut World<Self>, node: Node);
    /// A process has answered.
    fn answered(
        world: &mut World<Self>,
        node: Node,
        asker: Self::Asker,
        output: Output<Self::Machine>,
    );
    /// Nobody will answer, since the process died.
    fn lost(world: &mut World<Self>, asker: Self::Asker);
    /// A process died.
    fn died(world: &mut World<Self>, node: Node);
    /// The group lost its quorum for good: nobody hears of it any more.
    fn forsaken(_world: &mut World<Self>) {}
    /// What a leader wanted that was deposed since arrives by some way.
    fn ghost(world: &mut World<Self>, node: Node);
    /// People hurry for a while, some of them to this leader, which is about to be deposed.
    fn hurry(world: &mut World<Self>, leader: Node);
    /// People act from now on.
    fn wake(world: &mut World<Self>);
    /// Begins to count who was answered.
    fn count_anew(world: &mut World<Self>);
    /// Who was not answered often enough since; nothing if everybody was.
    fn unanswered(world: &World<Self>) -> Option<String>;
    /// What is not over yet, long after people stopped.
    fn waits_for(world: &World<Self>) -> Option<String>;
    /// At the end every member holds exactly the model's state.
    fn compare_members(world: &World<Self>);
    /// What was done that the log does not tell: in the order of [`Service::FACTS`].
    fn facts(world: &World<Self>) -> Vec<u64>;
    /// What [`Service::facts`] counts.
    const FACTS: &'static [&'static str];
}
