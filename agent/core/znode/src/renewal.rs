//! The state goes on in a group that was recovered from one member: what was given out before is never given again.
//!
//! Zxids jump, so the fencing tokens of locks that are taken from now on are above all tokens of before, those included that only
//! the lost members knew. Sessions stay, and whoever leads gives each its full time; but no connection of before holds one of
//! them, since each attachment is of the group of before: clients attach again, by their secret, and see the state as it is.

use crate::mutation::mutated;
use crate::session::Session;
use crate::store::Store;

impl Store {
    pub(crate) fn go_on(&mut self) {
        if !mutated("znode.renewal.same_zxids") {
            self.state.zxid = self.state.zxid.renewed();
        }
        let sessions: Vec<Session> = self.state.sessions.iter().cloned().collect();
        for mut session in sessions {
            session.attachment = session.attachment.renewed();
            self.state.put_session(session);
        }
    }
}
