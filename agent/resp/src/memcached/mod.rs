//! memcached's protocol on a second port: the text commands and the meta commands, over the strings of database 0.
//!
//! <https://github.com/memcached/memcached/blob/master/doc/protocol.txt>
//!
//! Redis's clients see plain strings, and change them as any others. What they do not know, flags and the number of the last change,
//! is noted beside a string (`synod_cache::item`) until somebody else changes it: flags are 0 then, and the number is a new one. What
//! memcached stores has no type but string; a key with a list is no item, but `add` does not take its place.
//!
//! What differs from memcached 1.6.18, which was asked for all that is tested:
//! - a number that becomes shorter is not filled up with spaces, which the protocol leaves open;
//! - flags that do not fit 32 bits are refused;
//! - a key is shown in base64 if it is asked for in base64, however it was stored;
//! - whether an item was read is known only from `mg` with `h` on;
//! - `E` (a number of the client's own) and `x` (only the value goes) are those of later versions.
//!
//! A request goes from [`parser`], which finds it, through [`request`], which reads it, to [`text`] or [`meta`], which carry it out.

mod meta;
mod meta_request;
mod number;
mod parser;
mod request;
mod state;
mod stats;
mod store;
#[cfg(test)]
mod tests;
mod text;

use synod_cache::command::named;
use synod_cache::item::ITEMS;
use synod_cache::keys::{Keys, partition_of};

pub(crate) use parser::Parser;
pub(crate) use state::State;

use crate::Shared;
use crate::acl::Called;
use crate::memory::{Room, make_room};
use crate::part::tell;
use crate::session::Session;
use crate::{persistence, scripting};
use parser::Found;
use request::Request;

/// As which version of memcached it speaks to clients.
const VERSION: &str = "1.6.18";
/// What is said while a script has all keys, and takes long.
const BUSY: &str = "SERVER_ERROR busy running a script";
/// How long a key may be, in bytes.
const KEY_BYTES_MAX: usize = 250;
/// How long a key and its value may be together, in bytes: what memcached has room for in the 1 MiB of an item.
const ITEM_BYTES_MAX: usize = 1024 * 1024 - 64;

/// Who is asked, and by whom.
struct Caller<'a> {
    session: &'a mut Session,
    shared: &'a Shared,
    /// In Unix milliseconds.
    now: i64,
}

/// What became of the input.
pub(crate) enum Carried {
    /// So many bytes of it are done with.
    Out(usize),
    /// More is to come.
    Incomplete,
}

/// Carries out the first request of what a client sent.
pub(crate) fn carry_out(
    parser: &mut Parser,
    input: &[u8],
    session: &mut Session,
    shared: &Shared,
    now: i64,
) -> Carried {
    let mut caller = Caller {
        session,
        shared,
        now,
    };
    match parser.next(input) {
        Found::Incomplete => Carried::Incomplete,
        Found::Skipped(bytes) => Carried::Out(bytes),
        Found::Endless(text) => {
            text.iter().for_each(|text| caller.say(text));
            caller.session.ends = true;
            Carried::Out(input.len())
        }
        Found::Refused(refusal, bytes) => {
            caller.say(refusal.text());
            Carried::Out(bytes)
        }
        Found::TooLarge { request, bytes } => {
            caller.too_large(&request);
            Carried::Out(bytes)
        }
        Found::Request {
            request,
            block,
            bytes,
        } => {
            caller.run(&request, block);
            Carried::Out(bytes)
        }
    }
}

impl Caller<'_> {
    fn run(&mut self, request: &Request<'_>, block: &[u8]) {
        if !self.is_known(request, block) || !self.is_there_room(request) {
            return;
        }
        match request {
            Request::MetaNothing => self.say("MN"),
            Request::MetaGet(meta) => meta::get(self, meta),
            Request::MetaSet(meta, _) => meta::set(self, meta, block),
            Request::MetaDelete(meta) => meta::delete(self, meta),
            Request::MetaCount(meta) => meta::count(self, meta),
            Request::MetaDebug(key) => meta::debug(self, key),
            _ => text::run(self, request, block),
        }
    }

    /// Whether what is to be changed can be: there is room for what is stored, and the disk takes it. Says so if not.
    fn is_there_room(&mut self, request: &Request<'_>) -> bool {
        if !request.writes() {
            return true;
        }
        let stores = matches!(request, Request::Store(_) | Request::MetaSet(..));
        if stores && make_room(self.shared, self.now) == Room::None {
            self.say("SERVER_ERROR out of memory storing object");
            return false;
        }
        let set = named(b"set").expect("there is such a command");
        if let Some(why) = persistence::refuses(self.shared, set) {
            self.say(&format!("SERVER_ERROR {why}"));
            return false;
        }
        true
    }

    /// Whether the client has said who it is, or need not, or does so now: as in memcached with a file of passwords by a `set` of
    /// any key, whose value are the name and the password.
    fn is_known(&mut self, request: &Request<'_>, block: &[u8]) -> bool {
        if !self.session.has_to_prove(self.shared) {
            return true;
        }
        let Request::Store(_) = request else {
            self.say("CLIENT_ERROR unauthenticated");
            return false;
        };
        let mut words = block.splitn(2, |byte| *byte == b' ');
        let (name, password) = (words.next(), words.next());
        let accounts = &self.shared.accounts;
        let proved = name.zip(password);
        match proved.and_then(|(name, password)| accounts.proved(name, password)) {
            Some(account) => {
                self.session.become_user(account, true);
                self.say("STORED");
            }
            None => self.say("CLIENT_ERROR authentication failure"),
        }
        false
    }

    /// Whether the client may do with a key what this command of Redis does; says so if not.
    fn may(&mut self, command: &str, key: &[u8]) -> bool {
        if self.session.may_all() {
            return true;
        }
        let args: &[&[u8]] = match command {
            "flushdb" => &[command.as_bytes()],
            _ => &[command.as_bytes(), key],
        };
        let called = Called::by_args(args);
        let allowed = called.map(|called| self.session.permit(self.shared, self.now, called, args));
        let may = matches!(allowed, Some(Ok(())));
        if !may {
            self.say("CLIENT_ERROR not permitted");
        }
        may
    }

    /// Does something with the partition of a key, alone. If a script has it that is busy, the client is told so.
    fn on<R>(&mut self, key: &[u8], work: impl FnOnce(&mut Keys<'_>) -> R) -> Option<R> {
        let shared = self.shared;
        let index = partition_of(key, shared.parts.len());
        let Ok(mut part) = scripting::part(shared, index) else {
            self.say(BUSY);
            return None;
        };
        self.session.kept.shows(index);
        part.begin(shared, self.now);
        let result = {
            let mut partitions = [&mut part.partition];
            work(&mut Keys::new(&mut partitions, ITEMS))
        };
        if tell([&mut *part].into_iter(), shared, self.session.id) {
            self.session.told_others(shared);
        }
        part.serve(shared);
        if shared.memory.is_bound() {
            shared.memory.told(&mut part);
        }
        Some(result)
    }

    /// As memcached does, nothing that is old is left where something too large was to be stored.
    fn too_large(&mut self, request: &Request<'_>) {
        let (key, is_quiet) = match request {
            Request::Store(store) => (store.key, store.is_quiet),
            Request::MetaSet(meta, _) => (&*meta.key, false),
            _ => return,
        };
        if !self.session.has_to_prove(self.shared) && self.may("set", key) {
            self.on(key, |keys| keys.remove_item(key));
        }
        if !is_quiet {
            self.say("SERVER_ERROR object too large for cache");
        }
    }

    fn say(&mut self, text: &str) {
        self.session.reply.raw(text.as_bytes());
        self.session.reply.raw(b"\r\n");
    }
}
