//! Least load: turns by weights that follow what backends report.
//!
//! To send each request to whoever reported least would send all of them to one until the next report comes (Mitzenmacher, "How
//! useful is old information?", 2000). gRPC's answer (gRFC A58, "client-side weighted round robin") has no such herd: a weight is
//! requests per second over utilization, errors counted as utilization, and the turns are weighted.
//!
//! Who does not report is given the mean of those who do. If nobody does, weights are 1 over the latency that this proxy sees:
//! by Little's law that is requests per second over requests under way, the same with our own figures.

use std::time::Duration;

use crate::pool::Member;
use crate::{Moment, Report};

/// A report is good for so long (A58's `weight_expiration_period`).
const EXPIRATION: Duration = Duration::from_secs(180);
/// A58's `error_utilization_penalty`.
const ERROR_PENALTY: f64 = 1.0;
/// No weight is further than this factor from the mean: a wrong report must not starve or flood anybody.
const FACTOR_MAX: f64 = 20.0;

/// The members' weights now.
pub(crate) fn weights(members: &[Member], now: Moment) -> Vec<u32> {
    let reported = figures(members, |member| by_report(member, now));
    let figures = reported.or_else(|| figures(members, |member| by_latency(member, now)));
    let Some(figures) = figures else {
        return members.iter().map(|member| member.weight).collect();
    };
    let weight = |(member, figure): (&Member, f64)| {
        let weight = f64::from(member.weight) * figure;
        weight.clamp(1.0, f64::from(u32::MAX)) as u32
    };
    members.iter().zip(figures).map(weight).collect()
}

/// Each one's figure over the mean of those who have one; nothing if nobody has.
fn figures(members: &[Member], figure: impl Fn(&Member) -> Option<f64>) -> Option<Vec<f64>> {
    let known = members.iter().map(figure).collect::<Vec<_>>();
    let count = known.iter().flatten().count();
    (count > 0).then(|| {
        let mean = known.iter().flatten().sum::<f64>() / count as f64;
        let relative = |it: Option<f64>| it.map_or(1.0, |it| it / mean);
        let bounded = |it: f64| it.clamp(1.0 / FACTOR_MAX, FACTOR_MAX);
        known.into_iter().map(relative).map(bounded).collect()
    })
}

fn by_report(member: &Member, now: Moment) -> Option<f64> {
    let (report, at) = member.backend.report()?;
    let Report {
        utilization,
        requests_per_second,
        errors_per_second,
    } = report;
    if now.since(at) > EXPIRATION || utilization <= 0.0 || requests_per_second <= 0.0 {
        return None;
    }
    let requests = f64::from(requests_per_second);
    let errors = f64::from(errors_per_second) / requests * ERROR_PENALTY;
    Some(requests / (f64::from(utilization) + errors))
}

fn by_latency(member: &Member, now: Moment) -> Option<f64> {
    member
        .backend
        .latency_nanos(now)
        .map(|nanos| 1e9 / nanos.max(1.0))
}
