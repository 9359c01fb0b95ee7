//! Another certificate authority under a client that writes without pause, over TLS, and one that connects anew for each
//! write.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::members::{Roll, processes};
use super::{Local, PATIENCE, Wanted};
use crate::Failure;
use crate::etcdctl::Etcdctl;
use crate::faults::Clients;
use crate::workload::Workload;

/// How long clients are given for each of two steps; they follow every second.
const OVERLAP: &str = "15s";

/// The authority is replaced: all writes are acknowledged, nothing restarts, and who did not follow is refused at the end.
///
/// # Errors
/// When a write fails or is lost, or the rotation does not end.
pub fn rotation(programs: &Path, clients: &Clients) -> Result<String, Failure> {
    let mut local = Local::start_with(programs, "Auto")?;
    let endpoints = local.endpoints()?;
    let folder = certificates(&local)?;
    let first = kept(&folder, local.folder.path())?;
    let etcdctl = Etcdctl::new(&clients.etcdctl, &endpoints).with_certificates(&folder);
    let pods = processes(&local)?;
    let mut workload = Workload::start_with(&clients.workload, &endpoints, Some(&folder))?;

    local.run(&["rotate", "--overlap", OVERLAP])?;
    let mut seen = vec![authorities(&folder)?];
    let began = Instant::now();
    let mut writes = 0;
    while !is_over(&local, &seen)? {
        if began.elapsed() > PATIENCE {
            return Err(format!("no end: {}", local.run(&["status", "cg/config"])?));
        }
        certificates(&local)?;
        let now = authorities(&folder)?;
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        etcdctl.output(&["put", "rotation", &writes.to_string()])?;
        workload.gap()?;
        writes += 1;
        std::thread::sleep(Duration::from_secs(1));
    }
    let counts: Vec<usize> = seen.iter().map(Vec::len).collect();
    if seen.first() == seen.last() || !counts[1..].contains(&2) || counts.last() != Some(&1) {
        return Err(format!(
            "the bundle held {counts:?} authorities one after the other"
        ));
    }
    if processes(&local)? != pods {
        return Err("a member was started anew".to_owned());
    }
    let late = Etcdctl::new(&clients.etcdctl, &endpoints).with_certificates(&first);
    if late
        .output(&["get", "rotation", "--command-timeout=2s"])
        .is_ok()
    {
        return Err("a client of the old authority is served".to_owned());
    }

    // Now every connection is made anew, with certificates of the new authority only.
    let roll = Roll::before(&local)?;
    local.apply(Wanted {
        election_ms: 1500,
        ..local.wanted
    })?;
    roll.is_done(&local)?;
    certificates(&local)?;
    workload.endpoints(&local.endpoints()?)?;
    for _ in 0..100 {
        workload.gap()?;
    }
    let took = began.elapsed().as_secs();
    let verdicts = workload.judge()?;
    Ok(format!(
        "  {writes} writes by new connections in a rotation, none failed; {took} s with a roll\n{verdicts}"
    ))
}

/// Brings the client's files up to date, and says where they are.
fn certificates(local: &Local) -> Result<PathBuf, Failure> {
    let file = PathBuf::from(local.exported("ETCDCTL_CACERT")?);
    let folder = file.parent().map(Path::to_owned);
    folder.ok_or_else(|| format!("{} is in no folder", file.display()))
}

/// A copy of the files as they are now.
fn kept(folder: &Path, below: &Path) -> Result<PathBuf, Failure> {
    let copy = below.join("first");
    std::fs::create_dir_all(&copy).map_err(|error| error.to_string())?;
    for file in ["ca.crt", "tls.crt", "tls.key"] {
        std::fs::copy(folder.join(file), copy.join(file)).map_err(|error| error.to_string())?;
    }
    Ok(copy)
}

/// The certificates that the client trusts.
fn authorities(folder: &Path) -> Result<Vec<String>, Failure> {
    let file = folder.join("ca.crt");
    let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let end = "-----END CERTIFICATE-----\n";
    Ok(text.split_inclusive(end).map(str::to_owned).collect())
}

/// Whether the rotation has begun and ended, as far as it is told.
fn is_over(local: &Local, seen: &[Vec<String>]) -> Result<bool, Failure> {
    let screen = local.run(&["status", "cg/config"])?;
    let ended = !screen.contains("AuthorityRotation=True");
    Ok(ended && seen.len() > 2 && seen.last().is_some_and(|last| last.len() == 1))
}
