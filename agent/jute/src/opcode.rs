//! Operations.

use std::fmt;

use crate::declare::numbered;

numbered! {
    /// What a request asks for; the numbers are those of ZooKeeper's `ZooDefs.OpCode`.
    pub enum OpCode {
        /// Creates a node; the reply has its path.
        Create = 1,
        /// Deletes a node without children.
        Delete = 2,
        /// Asks whether there is a node.
        Exists = 3,
        /// Reads a node's data.
        GetData = 4,
        /// Replaces a node's data.
        SetData = 5,
        /// Reads a node's access list.
        GetAcl = 6,
        /// Replaces a node's access list.
        SetAcl = 7,
        /// Reads the names of a node's children.
        GetChildren = 8,
        /// Waits until this member has all that was committed before.
        Sync = 9,
        /// Keeps the session alive.
        Ping = 11,
        /// Reads the names of a node's children, and its stat.
        GetChildren2 = 12,
        /// Compares a node's version; meant for transactions.
        Check = 13,
        /// A transaction.
        Multi = 14,
        /// Creates a node; the reply has its path and its stat.
        Create2 = 15,
        /// Changes the ensemble's members.
        Reconfig = 16,
        /// Asks whether this connection has a watch.
        CheckWatches = 17,
        /// Takes a watch of this connection away.
        RemoveWatches = 18,
        /// Creates a node that the server deletes some time after its last child went.
        CreateContainer = 19,
        /// The server's own deletion of such a node. A client that sends it gets BADARGUMENTS.
        DeleteContainer = 20,
        /// Creates a node that the server deletes when it was not changed for a time.
        CreateTtl = 21,
        /// Several reads at once.
        MultiRead = 22,
        /// Adds credentials to the connection.
        Auth = 100,
        /// Sets watches again after a reconnection.
        SetWatches = 101,
        /// A step of SASL.
        Sasl = 102,
        /// Reads the paths of the session's ephemeral nodes.
        GetEphemerals = 103,
        /// Counts all nodes below a node.
        GetAllChildrenNumber = 104,
        /// Sets watches again, persistent ones too.
        SetWatches2 = 105,
        /// Sets a persistent watch.
        AddWatch = 106,
        /// Reads the connection's credentials.
        WhoAmI = 107,
        /// The server's own opening of a session; not from a client.
        CreateSession = -10,
        /// Ends the session.
        CloseSession = -11,
    }
}

impl OpCode {
    /// ZooKeeper's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Exists => "exists",
            Self::GetData => "getData",
            Self::SetData => "setData",
            Self::GetAcl => "getACL",
            Self::SetAcl => "setACL",
            Self::GetChildren => "getChildren",
            Self::Sync => "sync",
            Self::Ping => "ping",
            Self::GetChildren2 => "getChildren2",
            Self::Check => "check",
            Self::Multi => "multi",
            Self::Create2 => "create2",
            Self::Reconfig => "reconfig",
            Self::CheckWatches => "checkWatches",
            Self::RemoveWatches => "removeWatches",
            Self::CreateContainer => "createContainer",
            Self::DeleteContainer => "deleteContainer",
            Self::CreateTtl => "createTTL",
            Self::MultiRead => "multiRead",
            Self::Auth => "auth",
            Self::SetWatches => "setWatches",
            Self::Sasl => "sasl",
            Self::GetEphemerals => "getEphemerals",
            Self::GetAllChildrenNumber => "getAllChildrenNumber",
            Self::SetWatches2 => "setWatches2",
            Self::AddWatch => "addWatch",
            Self::WhoAmI => "whoAmI",
            Self::CreateSession => "createSession",
            Self::CloseSession => "closeSession",
        }
    }

    /// The operation with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|opcode| opcode.name() == name)
            .copied()
    }
}

impl fmt::Display for OpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
