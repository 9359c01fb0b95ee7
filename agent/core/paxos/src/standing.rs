//! Whether a member may vote: whether it has all that it ever promised, and how it comes to know that.

use bytes::Bytes;

use crate::{Now, Replica};

/// Whether a member still has all that it ever promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was lost.
    Whole,
    /// A founder that may have been one before, with another disk: it neither promises nor accepts until the layer above
    /// has made sure of that ([`Replica::found`], [`Replica::give_way`]).
    Founding,
    /// Promises were lost (damage, an emptied disk), or may have been. The member learns what is chosen but neither
    /// promises nor accepts until a decided configuration holds exactly this `context` for it: the group then knows of the
    /// loss. While the context is empty the member only asks to be fed.
    Amnesiac {
        /// The member's context from now on.
        context: Bytes,
    },
}

impl Replica {
    /// For a member that has just been made: it waits for [`Replica::found`] or [`Replica::give_way`].
    #[must_use]
    pub fn founding(mut self) -> Self {
        self.standing = Standing::Founding;
        self
    }

    /// The layer above has made sure that no other disk of this founder ever voted.
    pub fn found(&mut self, now: Now) {
        if self.standing == Standing::Founding {
            self.standing = Standing::Whole;
            self.tick(now);
        }
    }

    /// Another disk of this founder may have voted: it lost its promises.
    pub fn give_way(&mut self, context: Bytes) {
        if self.standing == Standing::Founding {
            self.standing = Standing::Amnesiac { context };
            self.regain_standing();
        }
    }

    /// A member that lost its promises says something else about itself from now on.
    pub fn restate(&mut self, context: Bytes) {
        if let Standing::Amnesiac { context: told } = &mut self.standing {
            *told = context;
            self.regain_standing();
        }
    }

    /// An amnesiac member votes again once the group has decided a configuration that knows its new context.
    pub(crate) fn regain_standing(&mut self) {
        let Standing::Amnesiac { context } = &self.standing else {
            return;
        };
        let known = self.decided_configuration().members.get(&self.node());
        if !context.is_empty() && known.is_some_and(|member| member.context == *context) {
            self.standing = Standing::Whole;
        }
    }
}
