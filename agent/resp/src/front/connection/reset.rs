//! `RESET`: the connection is as it was when it began, but for the library that the client told of.

use synod_cache::reply::Protocol;

use crate::answers::Answers;
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) {
    let (session, shared) = (&mut *call.session, call.shared);
    session.transaction = None;
    session.unwatch(shared);
    session.stop_listening(shared);
    session.database = 0;
    session.reply.set_protocol(Protocol::Resp2);
    session.become_default(shared);
    session.client.known().name = Box::default();
    session.answers = Answers::All;
    session.is_kept = false;
    session.touches_nothing = false;
    session.reply.simple("RESET");
}
