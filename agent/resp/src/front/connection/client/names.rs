//! `CLIENT GETNAME`, `CLIENT SETNAME name`, `CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>`

use synod_cache::command::Error;

use crate::front::FrontCall;

pub(super) fn get(call: &mut FrontCall<'_>) {
    let name = call.session.client.known().name.clone();
    if name.is_empty() {
        call.session.reply.null();
    } else {
        call.session.reply.bulk(&name);
    }
}

pub(super) fn set(call: &mut FrontCall<'_>) -> Result<(), Error> {
    check_name(call.args[2])?;
    set_name(call, call.args[2]);
    call.session.reply.ok();
    Ok(())
}

/// Whether it can be a name: it is shown among others, which spaces part.
pub(in crate::front::connection) fn check_name(name: &[u8]) -> Result<(), Error> {
    if name.iter().all(u8::is_ascii_graphic) {
        return Ok(());
    }
    Err(Error::text(
        "ERR Client names cannot contain spaces, newlines or special characters.",
    ))
}

pub(in crate::front::connection) fn set_name(call: &FrontCall<'_>, name: &[u8]) {
    call.session.client.known().name = name.into();
}

pub(super) fn set_info(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (option, value) = (call.args[2], call.args[3]);
    let shown = String::from_utf8_lossy(option);
    let is_name = option.eq_ignore_ascii_case(b"lib-name");
    if !is_name && !option.eq_ignore_ascii_case(b"lib-ver") {
        let text = format!("ERR Unrecognized option '{shown}'");
        return Err(Error::Other(text.into()));
    }
    if !value.iter().all(u8::is_ascii_graphic) {
        let text = format!("ERR {shown} cannot contain spaces, newlines or special characters.");
        return Err(Error::Other(text.into()));
    }
    let mut known = call.session.client.known();
    if is_name {
        known.library = value.into();
    } else {
        known.library_version = value.into();
    }
    drop(known);
    call.session.reply.ok();
    Ok(())
}
