//! Loopback addresses for pods and services, kept per name: a pod made again has the address of the one before.
//!
//! All of 127.0.0.0/8 is this machine on Linux. On macOS only 127.0.0.1 is, until aliases are made
//! (`sudo ifconfig lo0 alias ADDRESS`); [`AddressError::Missing`] says which.

use crate::local::home::Home;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

const FILE: &str = "addresses.json";
/// Addresses of one data directory: 16 rows of 250.
const ROWS: u8 = 16;
const PER_ROW: u8 = 250;

/// Why there is no address.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddressError {
    #[error("all loopback addresses of this data directory are taken ({} objects)", u32::from(ROWS) * u32::from(PER_ROW))]
    Exhausted,
    #[error("{0} is no address of this machine; make it one with `sudo ifconfig lo0 alias {0}`")]
    Missing(Ipv4Addr),
    #[error(transparent)]
    Home(#[from] crate::local::home::HomeError),
}

/// The addresses given so far.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Given {
    /// By `pod/NAMESPACE/NAME` and `service/NAMESPACE/NAME`.
    names: BTreeMap<String, Ipv4Addr>,
}

/// Gives addresses and remembers them on disk.
pub(super) struct Addresses {
    home: Home,
    given: Given,
}

impl Addresses {
    pub(super) fn open(home: &Home) -> Self {
        Self {
            home: home.clone(),
            given: home.read(FILE).unwrap_or_default(),
        }
    }

    /// The address of `name`. A new one is free at the ports named, as far as can be seen now.
    pub(super) fn of(
        &mut self,
        name: &str,
        ports: &[u16],
        in_use: &dyn Fn(&str) -> bool,
    ) -> Result<Ipv4Addr, AddressError> {
        if let Some(address) = self.given.names.get(name) {
            return Ok(*address);
        }
        let address = match self.unused(ports) {
            Ok(address) => address,
            Err(AddressError::Exhausted) => {
                self.given.names.retain(|name, _| in_use(name));
                self.unused(ports)?
            }
            Err(error) => return Err(error),
        };
        self.given.names.insert(name.to_owned(), address);
        self.home.write(FILE, &self.given)?;
        Ok(address)
    }

    fn unused(&self, ports: &[u16]) -> Result<Ipv4Addr, AddressError> {
        let (second, third) = self.row();
        let taken: Vec<_> = self.given.names.values().collect();
        let rows = (0..ROWS).map(|row| third.wrapping_add(row));
        let mut candidates = rows.flat_map(|third| {
            (1..=PER_ROW).map(move |last| Ipv4Addr::new(127, second, third, last))
        });
        let free = candidates
            .by_ref()
            .filter(|address| !taken.contains(&address));
        for address in free {
            match probe(address, ports) {
                Probe::Free => return Ok(address),
                Probe::InUse => {}
                Probe::Missing => return Err(AddressError::Missing(address)),
            }
        }
        Err(AddressError::Exhausted)
    }

    /// Another data directory begins elsewhere, so that two of them seldom meet (and where they do, ports tell).
    fn row(&self) -> (u8, u8) {
        let mut hasher = std::hash::DefaultHasher::new();
        self.home.path().hash(&mut hasher);
        let [second, third, ..] = hasher.finish().to_le_bytes();
        (64 + second % 128, third & 0xf0)
    }
}

enum Probe {
    Free,
    InUse,
    Missing,
}

fn probe(address: Ipv4Addr, ports: &[u16]) -> Probe {
    for port in ports {
        match TcpListener::bind(SocketAddrV4::new(address, *port)) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable => {
                return Probe::Missing;
            }
            Err(_) => return Probe::InUse,
        }
    }
    Probe::Free
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn addresses_are_kept_and_avoid_what_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::make(directory.path()).unwrap();
        let mut addresses = Addresses::open(&home);
        let one = match addresses.of("pod/a/x", &[0], &|_| true) {
            Err(AddressError::Missing(address)) => {
                assert_ne!(
                    std::env::consts::OS,
                    "linux",
                    "{address} is no address of this machine: give its loopback interface all of them (`ip addr add 127.0.0.1/8 dev lo`)"
                );
                // Not by `println!`, which is shown of failed tests only: whoever counts the tests must see it.
                let told = format!("\nnot run: {address} is no address of this machine\n");
                std::io::stdout().write_all(told.as_bytes()).unwrap();
                return;
            }
            given => given.unwrap(),
        };
        let busy = TcpListener::bind((Ipv4Addr::from(u32::from(one) + 1), 0)).unwrap();
        let port = busy.local_addr().unwrap().port();
        let two = addresses.of("pod/a/y", &[port], &|_| true).unwrap();
        assert!(
            two != one && u32::from(two) != u32::from(one) + 1,
            "{one} {two}"
        );
        let mut again = Addresses::open(&home);
        assert_eq!(again.of("pod/a/x", &[0], &|_| true).unwrap(), one);
    }
}
