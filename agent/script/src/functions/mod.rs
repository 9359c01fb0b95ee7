//! Functions, in libraries: `FUNCTION` and `FCALL`.

mod library;
mod register;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use synod_cache::reply::Reply;

pub use library::{Function, Library};

use crate::host::{Current, Ends, Host, Room, with_host};
use crate::raised;
use crate::run::{Run, message, run};
use crate::sandbox::Sandbox;
use library::{Head, is_name};
use register::Registered;

/// What becomes of libraries that are there when others are restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// They all go.
    Flush,
    /// They stay; one of the same name is an error.
    Append,
    /// One of the same name goes.
    Replace,
}

/// All libraries.
pub struct Functions {
    sandbox: Sandbox,
    libraries: BTreeMap<Vec<u8>, Library>,
    /// By their names in small letters.
    functions: HashMap<Vec<u8>, Arc<Function>>,
    registered: Registered,
    room: Room,
}

impl Functions {
    /// None.
    ///
    /// # Errors
    /// If there is no memory for Lua.
    pub fn new() -> mlua::Result<Self> {
        let registered = Registered::default();
        let own = registered.clone();
        Ok(Self {
            sandbox: Sandbox::new(false, |lua| register::function(lua, own).map(Some))?,
            libraries: BTreeMap::new(),
            functions: HashMap::new(),
            registered,
            room: Room::default(),
        })
    }

    /// All of them, by name.
    pub fn libraries(&self) -> impl ExactSizeIterator<Item = &Library> {
        self.libraries.values()
    }

    /// How many functions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.functions.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    /// What Lua asked of the allocator for them, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.sandbox.lua.used_memory()
    }

    /// A function, by its name in whatever letters.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&Arc<Function>> {
        self.functions.get(&name.to_ascii_lowercase())
    }

    /// Makes a library of its code; its name. One of the same name goes, or is an error.
    ///
    /// # Errors
    /// Why it cannot be, the code first.
    pub fn load(
        &mut self,
        code: &[u8],
        replaces: bool,
        host: &mut dyn Host,
    ) -> Result<Vec<u8>, Vec<u8>> {
        let head = Head::of(code)?;
        if !replaces && self.libraries.contains_key(head.name) {
            let name = String::from_utf8_lossy(head.name);
            return Err(format!("ERR Library '{name}' already exists").into());
        }
        let library = self.made(&head, code, host)?;
        self.join(vec![library], replaces)?;
        Ok(head.name.to_vec())
    }

    /// Makes a library, which is not among the others yet.
    fn made(&self, head: &Head<'_>, code: &[u8], host: &mut dyn Host) -> Result<Library, Vec<u8>> {
        let chunk = self.sandbox.compile(head.code, "@user_function");
        let chunk = chunk.map_err(|why| [&b"ERR Error compiling function: "[..], &why].concat())?;
        self.registered.begin();
        let mut ends: Option<Ends> = None;
        let current = Current {
            host,
            room: &mut Room::default(),
            ends: &mut ends,
        };
        let run = with_host(current, || {
            self.sandbox.run_library.call::<(bool, mlua::Value)>(chunk)
        });
        let functions = self.registered.end();
        let why = match run {
            Ok((true, _)) => None,
            Ok((false, mlua::Value::Table(error))) => message(&error).ok(),
            Ok((false, other)) => Some(other.to_string().unwrap_or_default().into_bytes()),
            Err(error) => Some(raised::with_code(error.to_string().into_bytes())),
        };
        if let Some(why) = why {
            return Err([&b"ERR Error registering functions: "[..], &why].concat());
        }
        if functions.is_empty() {
            return Err(b"ERR No functions registered".to_vec());
        }
        Ok(Library::new(head.name, code, functions))
    }

    /// Takes libraries in, all of them or none.
    fn join(&mut self, libraries: Vec<Library>, replaces: bool) -> Result<(), Vec<u8>> {
        let named = |what: &str, name: &[u8]| {
            let name = String::from_utf8_lossy(name);
            format!("ERR {what} {name} already exists").into_bytes()
        };
        let mut goes: Vec<&Library> = Vec::new();
        for library in &libraries {
            match self.libraries.get(&library.name) {
                Some(_) if !replaces => return Err(named("Library", &library.name)),
                Some(old) => goes.push(old),
                None => {}
            }
        }
        let leaves = |name: &[u8]| goes.iter().any(|library| library.has(name));
        for function in libraries.iter().flat_map(Library::functions) {
            let key = function.name.to_ascii_lowercase();
            if self.functions.contains_key(&key) && !leaves(&key) {
                return Err(named("Function", &function.name));
            }
        }
        for library in libraries {
            self.delete(&library.name);
            for function in library.functions() {
                let key = function.name.to_ascii_lowercase();
                self.functions.insert(key, Arc::clone(function));
            }
            self.libraries.insert(library.name.clone(), library);
        }
        Ok(())
    }

    /// Removes a library; whether it was there.
    pub fn delete(&mut self, name: &[u8]) -> bool {
        let Some(library) = self.libraries.remove(name) else {
            return false;
        };
        for function in library.functions() {
            self.functions.remove(&function.name.to_ascii_lowercase());
        }
        true
    }

    /// Makes libraries of these codes, all of them or none.
    ///
    /// # Errors
    /// Why they cannot be, the code first.
    pub fn restore(
        &mut self,
        codes: &[Vec<u8>],
        policy: Policy,
        host: &mut dyn Host,
    ) -> Result<(), Vec<u8>> {
        let mut libraries: Vec<Library> = Vec::new();
        for code in codes {
            let head = Head::of(code)?;
            let name = String::from_utf8_lossy(head.name);
            if libraries.iter().any(|library| library.name == head.name) {
                return Err(format!("ERR Library '{name}' already exists").into());
            }
            let library = self.made(&head, code, host)?;
            for function in library.functions() {
                let key = function.name.to_ascii_lowercase();
                if libraries.iter().any(|other| other.has(&key)) {
                    let name = String::from_utf8_lossy(&function.name);
                    return Err(format!("ERR Function {name} already exists").into());
                }
            }
            libraries.push(library);
        }
        if policy == Policy::Flush {
            self.libraries.clear();
            self.functions.clear();
        }
        self.join(libraries, policy == Policy::Replace)
    }

    /// Runs a function with keys and arguments, and answers what it returns, or its error.
    pub fn run(
        &mut self,
        function: &Function,
        keys: &[&[u8]],
        args: &[&[u8]],
        host: &mut dyn Host,
        reply: &mut Reply,
    ) {
        let name = String::from_utf8_lossy(&function.name);
        let what = Run {
            by: &self.sandbox.run_function,
            work: &function.callback,
            name: &name,
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

/// What is said of a name that cannot be, of a function's, too.
fn checked_name(name: &[u8]) -> Result<(), Vec<u8>> {
    if is_name(name) {
        return Ok(());
    }
    let why = "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
    Err(why.into())
}
