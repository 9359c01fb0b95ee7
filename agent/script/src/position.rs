//! Where in a script something is.

use mlua::Lua;

/// An error's text behind the place of the function at a level of the stack: 1 is who called ours.
pub(crate) fn placed(lua: &Lua, level: usize, text: &[u8]) -> Vec<u8> {
    let place = lua.inspect_stack(level, |debug| {
        let source = debug.source();
        debug
            .current_line()
            .map(|line| format!("{}:{line}: ", source.short_src.unwrap_or_default()))
    });
    let mut placed = place.flatten().unwrap_or_default().into_bytes();
    placed.extend_from_slice(text);
    placed
}

/// How the function at a level was called, and whether as a method: 0 is ours.
pub(crate) fn name(lua: &Lua, level: usize) -> (String, bool) {
    let name = lua.inspect_stack(level, |debug| {
        let names = debug.names();
        let is_method = names.name_what == Some("method");
        let name = names.name.map(std::borrow::Cow::into_owned);
        name.map(|name| (name, is_method))
    });
    name.flatten().unwrap_or_else(|| ("?".to_owned(), false))
}
