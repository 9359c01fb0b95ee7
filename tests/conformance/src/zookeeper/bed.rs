//! One ensemble and the clients' programs, shared by the tests that leave it as they found it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::clients::Client;
use super::ensemble::{Ensemble, Server};
use super::settings::SessionKind;
use crate::Failure;
use crate::program::{Harm, Program};

/// What the tests share: started by the first that needs it, gone with the last that holds it.
pub struct Bed {
    server: Server,
    kind: SessionKind,
    own: PathBuf,
    running: RefCell<Option<Running>>,
}

struct Running {
    ensemble: Ensemble,
    programs: BTreeMap<Client, Program>,
}

impl Bed {
    /// Nothing is started yet. `own` is where the clients' programs are.
    #[must_use]
    pub fn new(server: Server, kind: SessionKind, own: &Path) -> Self {
        Self {
            server,
            kind,
            own: own.to_owned(),
            running: RefCell::new(None),
        }
    }

    /// Does something with the ensemble; all members run afterwards. After a failure its files are kept, and the next test
    /// gets another one.
    ///
    /// # Errors
    /// Those of `work`, with the place of the files.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&mut Ensemble, &Path) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.lent(|running, own| work(&mut running.ensemble, own))
    }

    /// Runs a test of a client; how many checks held.
    ///
    /// # Errors
    /// With what the client says, and the place of the files.
    pub fn test(&self, client: Client, test: &str) -> Result<usize, Failure> {
        self.lent(|running, own| {
            let Running { ensemble, programs } = running;
            let program = match programs.remove(&client) {
                Some(program) => program,
                None => client.start(own, "serve", ensemble)?,
            };
            let program = programs.entry(client).or_insert(program);
            program.run(test, |harm| obey(ensemble, &harm))
        })
    }

    fn lent<T>(
        &self,
        work: impl FnOnce(&mut Running, &Path) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut slot = self.running.borrow_mut();
        let mut running = match slot.take() {
            Some(running) => running,
            None => Running {
                ensemble: Ensemble::start(&self.server, self.kind)?,
                programs: BTreeMap::new(),
            },
        };
        let result = work(&mut running, &self.own);
        let result = result.and_then(|value| running.ensemble.run_all_again().map(|()| value));
        match result {
            Ok(value) => {
                *slot = Some(running);
                Ok(value)
            }
            Err(why) => {
                let apart = running.ensemble.found_apart();
                let files = running.ensemble.keep_files().display().to_string();
                Err(format!("{why}{apart}\n(files: {files})"))
            }
        }
    }
}

fn obey(ensemble: &mut Ensemble, harm: &Harm<'_>) -> Result<(), Failure> {
    match harm {
        Harm::Kill(address) => {
            let index = ensemble.at(address)?;
            ensemble.kill(index);
            Ok(())
        }
        Harm::Start(address) => {
            let index = ensemble.at(address)?;
            ensemble.run(index)?;
            ensemble.wait(index)
        }
    }
}
