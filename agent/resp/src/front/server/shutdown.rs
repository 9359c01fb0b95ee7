//! `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`: whoever runs the server ends it, and nothing is answered if he does.

use synod_cache::command::Error;

use crate::Shutdown;
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let mut how = Shutdown::default();
    let mut aborts = false;
    for option in &call.args[1..] {
        let is = |word: &str| option.eq_ignore_ascii_case(word.as_bytes());
        match () {
            () if is("nosave") && how.saves != Some(true) => how.saves = Some(false),
            () if is("save") && how.saves != Some(false) => how.saves = Some(true),
            () if is("now") => how.at_once = true,
            () if is("force") => how.is_forced = true,
            () if is("abort") => aborts = true,
            () => return Err(Error::Syntax),
        }
    }
    if aborts && call.args.len() > 2 {
        return Err(Error::Syntax);
    }
    if aborts {
        return Err(Error::text("ERR No shutdown in progress."));
    }
    let ends = call.shared.about.on_shutdown.as_ref();
    match ends.map(|ends| ends(how)) {
        Some(Ok(())) => {
            call.session.ends = true;
            Ok(())
        }
        _ => Err(Error::text("ERR Errors trying to SHUTDOWN. Check logs.")),
    }
}
