//! Scripts: `EVAL`'s and `SCRIPT LOAD`'s.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use mlua::Function;
use synod_cache::reply::Reply;

use crate::MEMORY_BYTES_MAX;
use crate::flags::Flags;
use crate::host::{Host, Room};
use crate::redis::hexadecimal;
use crate::run::{Run, run};
use crate::sandbox::Sandbox;

/// How a script is called: 40 small hexadecimal digits.
pub type Digest = [u8; DIGITS];

const DIGITS: usize = 40;
/// When Lua has so much, scripts are forgotten that nobody asked to be kept.
const ROOM_BYTES: usize = MEMORY_BYTES_MAX / 2;

/// A script that was compiled.
pub struct Script {
    function: Function,
    name: String,
    /// What it says of itself.
    pub flags: Flags,
    /// As it was sent, in bytes.
    pub length: usize,
}

impl Script {
    /// Its digits.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// All scripts that are known.
pub struct Scripts {
    sandbox: Sandbox,
    known: HashMap<Digest, Arc<Script>>,
    /// Those that nobody asked to be kept, the oldest first: they go when memory runs out.
    passing: VecDeque<Digest>,
    /// When Lua has so much, they do.
    bytes_max: usize,
    room: Room,
}

impl Scripts {
    /// None.
    ///
    /// # Errors
    /// If there is no memory for Lua.
    pub fn new() -> mlua::Result<Self> {
        Self::within(ROOM_BYTES)
    }

    /// None; when Lua has so many bytes, those go that nobody asked to be kept.
    ///
    /// # Errors
    /// If there is no memory for Lua.
    pub fn within(bytes_max: usize) -> mlua::Result<Self> {
        Ok(Self {
            sandbox: Sandbox::new(true, |_| Ok(None))?,
            known: HashMap::new(),
            passing: VecDeque::new(),
            bytes_max,
            room: Room::default(),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What Lua asked of the allocator for them, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.sandbox.lua.used_memory()
    }

    /// Whether it is known, by its digits in whatever letters.
    #[must_use]
    pub fn has(&self, digits: &[u8]) -> bool {
        self.get(digits).is_some()
    }

    /// A script that is known, by its digits in whatever letters.
    #[must_use]
    pub fn get(&self, digits: &[u8]) -> Option<&Arc<Script>> {
        let mut digest: Digest = digits.try_into().ok()?;
        digest.make_ascii_lowercase();
        self.known.get(&digest)
    }

    /// Compiles a script, unless it is known. Some that are not to be kept may be forgotten for it.
    ///
    /// # Errors
    /// If it cannot be compiled: why, the code first.
    pub fn load(&mut self, body: &[u8], is_kept: bool) -> Result<&Arc<Script>, Vec<u8>> {
        let digest = digest(body);
        if !self.known.contains_key(&digest) {
            if self.memory() > self.bytes_max {
                self.make_room();
            }
            let script = self.compile(&digest, body)?;
            self.known.insert(digest, Arc::new(script));
            if !is_kept {
                self.passing.push_back(digest);
            }
        } else if is_kept {
            self.passing.retain(|other| *other != digest);
        }
        Ok(&self.known[&digest])
    }

    /// Forgets half of those that are not to be kept, if that is what needs memory.
    #[cold]
    fn make_room(&mut self) {
        drop(self.sandbox.lua.gc_collect());
        if self.memory() <= self.bytes_max {
            return;
        }
        let goes = self.passing.len().div_ceil(2);
        for digest in self.passing.drain(..goes) {
            self.known.remove(&digest);
        }
        drop(self.sandbox.lua.gc_collect());
    }

    fn compile(&self, digest: &Digest, body: &[u8]) -> Result<Script, Vec<u8>> {
        let (flags, begin) =
            Flags::of_script(body).map_err(|why| format!("ERR {why}").into_bytes())?;
        let code = &body[begin..];
        let function = self.sandbox.compile(code, "@user_script").map_err(|why| {
            let why = String::from_utf8_lossy(&why);
            format!("ERR Error compiling script (new function): {why}").into_bytes()
        })?;
        Ok(Script {
            function,
            name: String::from_utf8_lossy(digest).into_owned(),
            flags,
            length: body.len(),
        })
    }

    /// Runs a script with keys and arguments, and answers what it returns, or its error.
    pub fn run(
        &mut self,
        script: &Script,
        keys: &[&[u8]],
        args: &[&[u8]],
        host: &mut dyn Host,
        reply: &mut Reply,
    ) {
        let what = Run {
            by: &self.sandbox.run_script,
            work: &script.function,
            name: &script.name,
        };
        run(
            &self.sandbox,
            &mut self.room,
            &what,
            (keys, args),
            host,
            reply,
        );
    }
}

/// How a script is called.
#[must_use]
pub fn digest(body: &[u8]) -> Digest {
    let digits = hexadecimal(body);
    digits.as_bytes().try_into().expect("so many digits")
}

/// Whether it is as long as what scripts are called.
#[must_use]
pub const fn is_digest(text: &[u8]) -> bool {
    text.len() == DIGITS
}
