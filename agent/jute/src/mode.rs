//! How a node is created, and how and what is watched.

use crate::declare::numbered;

numbered! {
    /// What a create request's flags say. In a request they are a plain number: another one than these is not an error
    /// of decoding but BADARGUMENTS.
    pub enum CreateMode {
        /// Stays until it is deleted.
        Persistent = 0,
        /// Goes with its session.
        Ephemeral = 1,
        /// Stays, and its name gets a number.
        PersistentSequential = 2,
        /// Goes with its session, and its name gets a number.
        EphemeralSequential = 3,
        /// Goes some time after its last child.
        Container = 4,
        /// Goes when it was not changed for a time.
        PersistentWithTtl = 5,
        /// Goes when it was not changed for a time, and its name gets a number.
        PersistentSequentialWithTtl = 6,
    }
}

impl CreateMode {
    /// Whether the name gets the parent's child version as ten digits.
    #[must_use]
    pub const fn is_sequential(self) -> bool {
        matches!(
            self,
            Self::PersistentSequential
                | Self::EphemeralSequential
                | Self::PersistentSequentialWithTtl
        )
    }

    /// Whether it goes with its session.
    #[must_use]
    pub const fn is_ephemeral(self) -> bool {
        matches!(self, Self::Ephemeral | Self::EphemeralSequential)
    }

    /// Whether it is a container.
    #[must_use]
    pub const fn is_container(self) -> bool {
        matches!(self, Self::Container)
    }

    /// Whether it goes after a time.
    #[must_use]
    pub const fn is_ttl(self) -> bool {
        matches!(
            self,
            Self::PersistentWithTtl | Self::PersistentSequentialWithTtl
        )
    }
}

numbered! {
    /// What addWatch sets. Another number is MARSHALLINGERROR.
    pub enum AddWatchMode {
        /// Stays when it fires; of the node and its children's names.
        Persistent = 0,
        /// Stays when it fires; of the node and all below it.
        PersistentRecursive = 1,
    }
}

numbered! {
    /// Which watches checkWatches and removeWatches are about. Another number is MARSHALLINGERROR. 3.8 knows the first
    /// three alone, and takes persistent watches for both kinds that they tell of; from 3.9 on they are of kinds of their own,
    /// and of [`WatcherType::Any`].
    pub enum WatcherType {
        /// Of getChildren.
        Children = 1,
        /// Of getData and exists.
        Data = 2,
        /// Of every kind.
        Any = 3,
        /// Persistent ones; from 3.9.
        Persistent = 4,
        /// Persistent recursive ones; from 3.9.
        PersistentRecursive = 5,
    }
}
