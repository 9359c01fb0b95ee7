//! Scripts: `EVAL`'s and `SCRIPT LOAD`'s.

use std::collections::HashMap;

use mlua::Function;
use synod_cache::reply::Reply;

use crate::flags::Flags;
use crate::host::{Host, Room};
use crate::redis::hexadecimal;
use crate::run::{Run, run};
use crate::sandbox::Sandbox;

/// How a script is called: 40 small hexadecimal digits.
pub type Digest = [u8; DIGITS];

const DIGITS: usize = 40;

/// A script that was compiled.
#[derive(Clone)]
pub struct Script {
    function: Function,
    name: String,
    /// What it says of itself.
    pub flags: Flags,
    /// As it was sent, in bytes.
    pub length: usize,
}

/// All scripts that are known.
pub struct Scripts {
    sandbox: Sandbox,
    known: HashMap<Digest, Script>,
    room: Room,
}

impl Scripts {
    /// None.
    ///
    /// # Errors
    /// If there is no memory for Lua.
    pub fn new() -> mlua::Result<Self> {
        Ok(Self {
            sandbox: Sandbox::new(true, |_| Ok(None))?,
            known: HashMap::new(),
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
    pub fn get(&self, digits: &[u8]) -> Option<&Script> {
        let mut digest: Digest = digits.try_into().ok()?;
        digest.make_ascii_lowercase();
        self.known.get(&digest)
    }

    /// Compiles a script, unless it is known.
    ///
    /// # Errors
    /// If it cannot be compiled: why, the code first.
    pub fn load(&mut self, body: &[u8]) -> Result<&Script, Vec<u8>> {
        let digest = digest(body);
        if !self.known.contains_key(&digest) {
            let script = self.compile(&digest, body)?;
            self.known.insert(digest, script);
        }
        Ok(&self.known[&digest])
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
        self.sandbox.sequence.seed(0);
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
