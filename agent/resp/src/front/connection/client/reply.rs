//! `CLIENT REPLY <ON | OFF | SKIP>`

use synod_cache::command::Error;

use crate::answers::Answers;
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let session = &mut *call.session;
    match call.args[2].to_ascii_lowercase().as_slice() {
        b"on" => {
            session.answers = Answers::All;
            session.reply.ok();
        }
        b"off" => session.answers = Answers::None,
        b"skip" if session.answers != Answers::None => session.answers = Answers::NotNext,
        b"skip" => {}
        _ => return Err(Error::Syntax),
    }
    Ok(())
}
