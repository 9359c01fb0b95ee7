//! README's quickstart as a person does it: the file that is shipped, the lines that are printed, README's own lines; and
//! the commands that come next.

use std::path::{Path, PathBuf};

use super::members::processes;
use super::{Local, Wanted, expect, refused};
use crate::etcdctl::{Etcdctl, Job};
use crate::faults::Clients;
use crate::{Failure, eventually};

/// The file, from the root of the clone; so README names it.
const FILE: &str = "crds/examples/quickstart.yaml";

/// From the shipped file to a first put, to five members, and to what was deleted and comes again; each time stopped and
/// started, the data is there.
///
/// # Errors
/// With what was not so.
pub fn quickstart(programs: &Path, clients: &Clients) -> Result<(), Failure> {
    let mut local = Local::laid_out(
        programs,
        Wanted {
            members: 3,
            election_ms: 1000,
            tls: "Disabled",
        },
    )?;
    ship(&local)?;
    let said = local.shell(clients, &format!("synod local -f {FILE} --detach"))?;
    let etcdctl = Etcdctl::new(&clients.etcdctl, &local.endpoints()?);
    table(&said, &etcdctl)?;
    printed_lines(&local, clients, &said)?;
    readme_lines(&mut local, clients)?;
    keys(&local)?;
    status(&local)?;
    two_deaths(&local)?;
    let etcdctl = etcdctl.at(&local.endpoints()?);
    local.run(&["kv", "put", "hello", "again"])?;
    expect(&etcdctl.output(&["get", "hello"])?, "again")?;
    local.run(&["local", "down"])?;
    silent(&etcdctl)?;
    local.run(&["local", "--detach"])?;
    let etcdctl = etcdctl.at(&local.endpoints()?);
    expect(&etcdctl.output(&["get", "hello"])?, "again")?;
    deleted(&local, &etcdctl)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Copies the shipped file to where README's lines look for it.
fn ship(local: &Local) -> Result<(), Failure> {
    let copy = local.folder.path().join(FILE);
    let folder = copy.parent().unwrap_or(&copy);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::copy(root().join(FILE), &copy))
        .map(drop)
        .map_err(|error| format!("{FILE}: {error}"))
}

/// The printed table has a row for each member, one of them the leader's; every endpoint in it serves.
fn table(said: &str, etcdctl: &Etcdctl) -> Result<(), Failure> {
    let lines = said.lines().map(|line| line.split_whitespace().collect());
    let mut lines = lines.skip_while(|words: &Vec<_>| *words != ["OBJECT", "MEMBER", "ENDPOINT"]);
    lines.next();
    let rows: Vec<Vec<&str>> = lines.take_while(|words| !words.is_empty()).collect();
    let mut leaders = 0;
    for row in &rows {
        let (["cg/config", _, endpoint] | ["cg/config", _, endpoint, "leader"]) = row[..] else {
            return Err(format!("{row:?} is no row of a member in:\n{said}"));
        };
        leaders += usize::from(row.len() == 4);
        etcdctl.at(endpoint).output(&["endpoint", "health"])?;
    }
    if (rows.len(), leaders) == (3, 1) {
        return Ok(());
    }
    Err(format!("not three members and one leader in:\n{said}"))
}

/// The lines to copy, run by a shell as they are.
fn printed_lines(local: &Local, clients: &Clients, said: &str) -> Result<(), Failure> {
    let (_, lines) = said
        .split_once("\nCopy and paste:\n")
        .ok_or_else(|| format!("no lines to copy in:\n{said}"))?;
    let lines: Vec<_> = lines
        .lines()
        .take_while(|line| line.starts_with("  "))
        .collect();
    let came = local.shell(clients, &lines.join("\n"))?;
    let by_etcdctl = "OK\nhello\nworld\n";
    let by_synod = "OK\nworld\n";
    expect(&came, &format!("{by_etcdctl}{by_synod}"))?;
    expect(&came, "ConsensusGroup default/config: Ready")
}

/// The lines of README that follow `cargo xtask up`: a put and a get, the status, and five members.
fn readme_lines(local: &mut Local, clients: &Clients) -> Result<(), Failure> {
    let text = std::fs::read_to_string(root().join("README.md"))
        .map_err(|error| format!("README.md: {error}"))?;
    let block = text
        .split("```sh\n")
        .filter_map(|part| part.split_once("```"))
        .map(|(block, _)| block)
        .find(|block| block.contains("synod kv put"));
    // Where the programs are is another place here.
    let lines: Vec<_> = block
        .ok_or("README.md has no block with `synod kv put`")?
        .lines()
        .filter(|line| !line.starts_with("export PATH="))
        .collect();
    let came = local.shell(clients, &lines.join("\n"))?;
    expect(&came, "OK\nworld\n")?;
    expect(&came, "ConsensusGroup default/config: Ready")?;
    local.wanted.members = 5;
    local.wait()
}

/// `synod kv` with a watch that is open meanwhile. It begins with a revision, so it does not matter when it is made.
fn keys(local: &Local) -> Result<(), Failure> {
    let (synod, data) = (local.synod.clone(), local.data());
    let mut command = local.command(&synod);
    command.args(["kv", "watch", "fruit/", "--prefix", "--revision", "1"]);
    let mut watch = Job::start(command.args(["--data", &data]), "")?;
    let run = |arguments: &[&str], expected: &str| {
        let came = local.run(arguments)?;
        same(&format!("synod {}", arguments.join(" ")), &came, expected)
    };
    run(&["kv", "put", "fruit/apple", "1"], "OK\n")?;
    same("the watch", &watch.next_lines(3)?, "PUT\nfruit/apple\n1\n")?;
    run(&["kv", "put", "fruit/pear", "2"], "OK\n")?;
    same("the watch", &watch.next_lines(3)?, "PUT\nfruit/pear\n2\n")?;
    let all = "fruit/apple\n1\nfruit/pear\n2\n";
    run(&["kv", "get", "fruit/", "--prefix"], all)?;
    run(&["kv", "del", "fruit/apple"], "1\n")?;
    let gone = watch.next_lines(3)?;
    same("the watch", &gone, "DELETE\nfruit/apple\n\n")?;
    let missing = local.run(&["kv", "get", "fruit/apple"]);
    refused("a deleted key", missing, &["there is no key"])?;
    run(&["kv", "del", "fruit/", "--prefix"], "1\n")?;
    let gone = watch.next_lines(3)?;
    same("the watch", &gone, "DELETE\nfruit/pear\n\n")?;
    run(&["kv", "del", "fruit/", "--prefix"], "0\n")?;
    let rest = watch.interrupt()?;
    same("the rest of the watch", &rest.stdout, "")
}

/// `synod status KIND/NAME` names every member, and no object but the one that is asked for.
fn status(local: &Local) -> Result<(), Failure> {
    let screen = local.run(&["status", "cg/config"])?;
    expect(&screen, "ConsensusGroup default/config: Ready")?;
    expect(&screen, "5 ready of 5 voting, 5 wanted")?;
    for pod in processes(local)?.keys() {
        expect(&screen, pod)?;
    }
    let other = local.run(&["status", "cg/other"]);
    refused("status of no object", other, &["other"])?;
    let pod = local.run(&["status", "pods/config"]);
    refused(
        "status of a pod",
        pod,
        &["is no ConsensusGroup or LockService"],
    )
}

/// What README promises of five members: `kill -9` of any two leaves one that takes writes; then all are there again.
fn two_deaths(local: &Local) -> Result<(), Failure> {
    for process in processes(local)?.values().take(2) {
        process.kill()?;
    }
    eventually(|| local.run(&["kv", "put", "hello", "three"]))?;
    local.wait()
}

/// `synod delete` ends the members and keeps the volumes, by default; the same file brings the data back.
fn deleted(local: &Local, etcdctl: &Etcdctl) -> Result<(), Failure> {
    let said = local.run(&["delete", "cg/config"])?;
    same(
        "synod delete",
        &said,
        "consensusgroup.synod.dev/config deleted\n",
    )?;
    let gone = local.run(&["get", "cg", "config"]);
    refused("a deleted object", gone, &["config"])?;
    eventually(|| local.number_of("pods", 0))?;
    local.number_of("persistentvolumeclaims", 5)?;
    silent(etcdctl)?;
    let again = local.run(&["delete", "cg/config"]);
    refused("deleting it twice", again, &["config"])?;
    let file = local.folder.path().join(FILE);
    local.run(&["apply", "-f", &file.display().to_string()])?;
    local.wait()?;
    let etcdctl = etcdctl.at(&local.endpoints()?);
    expect(&etcdctl.output(&["get", "hello"])?, "again")
}

/// Nobody serves any more.
fn silent(etcdctl: &Etcdctl) -> Result<(), Failure> {
    match etcdctl.output(&["get", "hello", "--command-timeout=1s"]) {
        Ok(said) => Err(format!("it serves still: {said}")),
        Err(_) => Ok(()),
    }
}

fn same(what: &str, came: &str, expected: &str) -> Result<(), Failure> {
    if came == expected {
        return Ok(());
    }
    Err(format!("{what}: `{came}`, not `{expected}`"))
}
