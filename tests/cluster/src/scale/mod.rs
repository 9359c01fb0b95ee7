//! The operator at many objects, against a real API server: `cargo xtask bench operator`.
//!
//! Real: etcd, kube-apiserver (with RBAC and an audit log), the `synod` that ships. Played: nodes ([`kubelet`]) and agents
//! ([`agents`], each a state machine of its [`group`]). It records, and judges the bars that are named in the report.

pub mod agents;
pub mod group;
pub mod kubelet;
pub mod operator;
pub mod report;
pub mod stage;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::audit::{self, Reader};
use crate::classes;
use operator::{Operator, Running};
use report::{Phase, Report};
use stage::Stage;

/// The longest that one may wait for all objects.
const CONVERGE_MAX: Duration = Duration::from_secs(1800);
/// So long without a write is quiet.
const STILL: Duration = Duration::from_secs(15);

/// What is measured, and how.
pub struct Plan {
    /// Objects.
    pub objects: usize,
    /// How long the operator is watched once all is as it should be, and again after it was killed.
    pub quiet: Duration,
    /// How long after the restart.
    pub restarted: Duration,
    /// Where `synod` is.
    pub synod: PathBuf,
    /// Where etcd is.
    pub etcd: PathBuf,
    /// Where kube-apiserver is.
    pub apiserver: PathBuf,
    /// The script's folder, if the classes of the operator's requests are to be recorded there: then objects are scaled,
    /// rolled and deleted, too.
    pub record: Option<PathBuf>,
}

/// Measures.
///
/// # Errors
/// When something does not start, or not all objects get ready.
pub async fn run(plan: &Plan) -> Result<Report, Failure> {
    eprintln!("starting etcd, kube-apiserver, {} nodes", kubelet::NODES);
    let stage = Stage::set(plan).await?;
    let mut log = Reader::new(&stage.real.audit_log());
    let operator = Operator::new(plan, &stage)?;

    let running = operator.start().await?;
    settle(&mut log).await?;
    let idle = running.memory();
    eprintln!("idle: {idle}; creating {} objects", plan.objects);

    let began = Instant::now();
    stage.create(plan.objects).await?;
    stage.wait_until_ready(plan.objects, CONVERGE_MAX).await?;
    let ready_after = began.elapsed();
    eprintln!("all Ready after {:.1} s", ready_after.as_secs_f64());
    let mut converging = settle(&mut log).await?;
    let converged = running.memory();
    eprintln!(
        "nothing written for {} s; memory {converged}; now {} s of quiet",
        STILL.as_secs(),
        plan.quiet.as_secs()
    );
    let quiet = watched(&mut log, &running, plan.quiet).await?;
    let durations = running.durations().await?;
    let peak = running.peak_bytes();
    if plan.record.is_some() {
        eprintln!("recording: scale, roll, hibernate, delete");
        stage.live().await?;
        converging.extend(settle(&mut log).await?);
    }
    drop(running);

    eprintln!("killed; starting again");
    let again = operator.start().await?;
    let restarted_ready_after = again.ready_after;
    let restarted = watched(&mut log, &again, plan.restarted).await?;
    converging.extend(quiet.asked.iter().cloned());
    converging.extend(restarted.asked.iter().cloned());
    if let Some(folder) = &plan.record {
        let added = classes::record(folder, "operator", &converging)?;
        eprintln!("{added} classes of requests were new");
    }
    Ok(Report {
        objects: plan.objects,
        members: stage::members_of(plan.objects),
        idle,
        converged,
        peak,
        ready_after,
        durations,
        quiet,
        restarted,
        restarted_ready_after,
        refused: converging
            .iter()
            .filter(|asked| asked.response_status.code == 403)
            .map(|asked| format!("{} {}", asked.verb, asked.resource()))
            .collect(),
        converging: audit::tally(&converging),
        servers: stage.real.resident_bytes(),
    })
}

/// Waits until nothing but the Lease was written for a while; what was asked until then.
async fn settle(log: &mut Reader) -> Result<Vec<audit::Asked>, Failure> {
    let mut asked = Vec::new();
    let mut last = Instant::now();
    while last.elapsed() < STILL {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let news = log.news()?;
        if news.iter().any(report::is_write) {
            last = Instant::now();
        }
        asked.extend(news);
    }
    Ok(asked)
}

async fn watched(log: &mut Reader, running: &Running, time: Duration) -> Result<Phase, Failure> {
    let cpu = running.cpu();
    tokio::time::sleep(time).await;
    Ok(Phase {
        time,
        asked: log.news()?,
        cpu: running.cpu() - cpu,
        memory: running.memory(),
    })
}
