//! etcdctl's commands that measure, copy or steer, and so print something else each time: each with what must be true.

use std::path::Path;

use crate::etcdctl::Etcdctl;
use crate::group::{Group, Server};
use crate::{Failure, eventually};

/// `move-leader` moves it to each follower in turn; a follower asked to do it refuses.
///
/// # Errors
/// With what was not so.
pub fn move_leader(server: &Server, program: &Path) -> Result<(), Failure> {
    let group = Group::start(server, 3)?;
    let etcdctl = Etcdctl::new(program, &group.endpoints());
    for _ in 0..3 {
        let (leader, ids) = eventually(|| leader_and_ids(&etcdctl))?;
        let target = ids
            .iter()
            .find(|&&id| id != leader)
            .ok_or("there is no follower")?;
        let said = eventually(|| etcdctl.output(&["move-leader", &format!("{target:x}")]))?;
        expect(
            said.trim(),
            &format!("Leadership transferred from {leader:016x} to {target:016x}"),
        )?;
        eventually(|| {
            let (now, _) = leader_and_ids(&etcdctl)?;
            expect(&format!("{now:x}"), &format!("{target:x}"))
        })?;
    }
    let (leader, ids) = leader_and_ids(&etcdctl)?;
    let follower = ids
        .iter()
        .position(|&id| id != leader)
        .ok_or("there is no follower")?;
    let at_follower = etcdctl.at(&group.members[follower].client_address());
    let refused = at_follower.output(&["move-leader", &format!("{:x}", ids[follower])]);
    let refused = refused.err().ok_or("a follower moved the leader")?;
    expect_contains(&refused, "no leader endpoint given at")
}

/// The leader's id, agreed upon by all endpoints, and every endpoint's own id.
fn leader_and_ids(etcdctl: &Etcdctl) -> Result<(u64, Vec<u64>), Failure> {
    let status = etcdctl.output(&["endpoint", "status", "-w", "json"])?;
    let status: serde_json::Value =
        serde_json::from_str(&status).map_err(|error| error.to_string())?;
    let all = status.as_array().ok_or("the status is no list")?;
    let leaders: Vec<_> = all
        .iter()
        .filter_map(|one| one["Status"]["leader"].as_u64())
        .collect();
    let ids: Vec<_> = all
        .iter()
        .filter_map(|one| one["Status"]["header"]["member_id"].as_u64())
        .collect();
    match leaders.first() {
        Some(&leader)
            if leaders.len() == all.len() && leaders.iter().all(|&other| other == leader) =>
        {
            Ok((leader, ids))
        }
        _ => Err(format!("the members do not agree who leads: {leaders:x?}")),
    }
}

/// `check perf` passes at a load.
///
/// # Errors
/// When it does not say PASS.
pub fn check_perf(server: &Server, program: &Path, load: &str) -> Result<(), Failure> {
    let group = Group::start(server, 3)?;
    let etcdctl = Etcdctl::new(program, &group.endpoints());
    let said = etcdctl.output(&["check", "perf", &format!("--load={load}")])?;
    let verdicts: Vec<_> = said
        .lines()
        .filter(|line| line.contains("PASS") || line.contains("FAIL"))
        .collect();
    println!("  check perf {load}: {}", verdicts.join("; "));
    expect(verdicts.last().unwrap_or(&""), "PASS")
}

/// `make-mirror` copies what is there and follows what comes, deletions too, with another prefix.
///
/// # Errors
/// When the copy does not become equal.
pub fn make_mirror(server: &Server, program: &Path) -> Result<(), Failure> {
    let (source, target) = (Group::start(server, 3)?, Group::start(server, 1)?);
    let (from, to) = (
        Etcdctl::new(program, &source.endpoints()),
        Etcdctl::new(program, &target.endpoints()),
    );
    let keys = |prefix: &str, values: &[(&str, &str)]| -> String {
        values
            .iter()
            .map(|(key, value)| format!("{prefix}{key}\n{value}\n"))
            .collect()
    };
    from.output(&["put", "m/a", "1"])?;
    from.output(&["put", "m/b", "2"])?;
    let mirror = [
        "make-mirror",
        "--prefix=m/",
        "--dest-prefix=copy/",
        &target.endpoints(),
    ];
    let job = from.start(&mirror.map(str::to_owned), "")?;
    let copied =
        |expected: String| eventually(|| expect(&to.output(&["get", "", "--prefix"])?, &expected));
    copied(keys("copy/", &[("a", "1"), ("b", "2")]))?;
    from.output(&["put", "m/c", "3"])?;
    from.output(&["put", "other", "4"])?;
    from.output(&["del", "m/a"])?;
    copied(keys("copy/", &[("b", "2"), ("c", "3")]))?;
    job.interrupt().map(drop)
}

fn expect(came: &str, expected: &str) -> Result<(), Failure> {
    if came == expected {
        Ok(())
    } else {
        Err(format!("expected `{expected}`, came `{came}`"))
    }
}

fn expect_contains(came: &str, part: &str) -> Result<(), Failure> {
    if came.contains(part) {
        Ok(())
    } else {
        Err(format!("expected `… {part} …`, came `{came}`"))
    }
}
