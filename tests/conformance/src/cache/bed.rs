//! One server and the clients' programs, shared by the tests; every test begins with no keys.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::clients::Client;
use super::server::{Running, Server};
use crate::Failure;
use crate::program::{Harm, Program};

/// What the tests share: started by the first that needs it, gone with the last that holds it.
pub struct Bed {
    server: Server,
    own: PathBuf,
    running: RefCell<Option<Shared>>,
}

struct Shared {
    server: Running,
    programs: BTreeMap<Client, Program>,
}

impl Bed {
    /// Nothing is started yet. `own` is where the clients' programs are.
    #[must_use]
    pub fn new(server: Server, own: &Path) -> Self {
        Self {
            server,
            own: own.to_owned(),
            running: RefCell::new(None),
        }
    }

    /// Does something with the server, which runs afterwards. After a failure its files are kept, and the next test gets
    /// another one.
    ///
    /// # Errors
    /// Those of `work`, with the place of the files.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&mut Running) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.lent(|shared| work(&mut shared.server))
    }

    /// Runs a test of a client; how many checks held.
    ///
    /// # Errors
    /// With what the client says, and the place of the files.
    pub fn test(&self, client: Client, test: &str) -> Result<usize, Failure> {
        self.lent(|shared| {
            let Shared { server, programs } = shared;
            let program = match programs.remove(&client) {
                Some(program) => program,
                None => client.start(&self.own, server)?,
            };
            let program = programs.entry(client).or_insert(program);
            program.run(test, |harm| obey(server, &harm))
        })
    }

    fn lent<T>(&self, work: impl FnOnce(&mut Shared) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut slot = self.running.borrow_mut();
        let mut shared = match slot.take() {
            Some(shared) => shared,
            None => Shared {
                server: Running::start(&self.server)?,
                programs: BTreeMap::new(),
            },
        };
        let result = work(&mut shared);
        match result.and_then(|value| shared.server.run().map(|()| value)) {
            Ok(value) => {
                *slot = Some(shared);
                Ok(value)
            }
            Err(why) => {
                let files = shared.server.keep_files().display().to_string();
                Err(format!("{why}\n(files: {files})"))
            }
        }
    }
}

fn obey(server: &mut Running, harm: &Harm<'_>) -> Result<(), Failure> {
    let (Harm::Kill(address) | Harm::Start(address)) = *harm;
    if address != server.address().to_string() {
        return Err(format!("no server is at {address}"));
    }
    match harm {
        Harm::Kill(_) => {
            server.kill();
            Ok(())
        }
        Harm::Start(_) => server.run(),
    }
}
