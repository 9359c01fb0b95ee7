//! From what is known of a group to who may be chosen.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::circuit::Totals;
use crate::mutation::mutated;
use crate::pool::{Member, Pool};
use crate::slow_start::WHOLE;
use crate::sticky::Token;
use crate::view::Standing;
use crate::{BackendId, Condition, Moment, View, WEIGHT_MAX};

use super::{Record, Settings};

/// All draws stay near.
const ALWAYS: u64 = 1 << 32;

/// The view of a group that nobody is in.
pub(super) fn empty(settings: &Settings, totals: &Arc<Totals>) -> View {
    view(settings, &BTreeMap::new(), totals, 0, Moment::ZERO)
}

/// The view of these records.
pub(super) fn view(
    settings: &Settings,
    records: &BTreeMap<Arc<str>, Record>,
    totals: &Arc<Totals>,
    version: u64,
    now: Moment,
) -> View {
    let (standing, chosen) = chosen(settings, records);
    let (pools, stays_below) = pools(settings, &chosen, now);
    View {
        version,
        standing,
        algorithm: settings.algorithm.clone(),
        pools,
        stays_below,
        stuck: stuck(settings, records, standing),
        known: known(records),
        limits: settings.limits,
        suspect_after: settings
            .outlier
            .as_ref()
            .map_or(0, |it| it.consecutive_failures),
        totals: Arc::clone(totals),
    }
}

/// Who serves: those whose connections are worth keeping.
fn known(records: &BTreeMap<Arc<str>, Record>) -> Box<[BackendId]> {
    let serves = |it: &&Record| it.endpoint.condition != Condition::Unready;
    let ids = records.values().filter(serves).map(|it| it.backend.id());
    let mut ids = ids.collect::<Vec<_>>();
    ids.sort_unstable();
    ids.into_boxed_slice()
}

/// Who may be chosen, and by which rule.
fn chosen<'a>(
    settings: &Settings,
    records: &'a BTreeMap<Arc<str>, Record>,
) -> (Standing, Vec<&'a Record>) {
    let of = |condition| {
        let all = records.values();
        let of = all.filter(move |it| it.endpoint.condition == condition && it.endpoint.weight > 0);
        of.collect::<Vec<_>>()
    };
    let ready = of(Condition::Ready);
    if ready.is_empty() {
        return match of(Condition::Terminating) {
            none if none.is_empty() => (Standing::Empty, none),
            terminating => (Standing::Terminating, terminating),
        };
    }
    let usable = ready
        .iter()
        .copied()
        .filter(|it| it.is_usable())
        .collect::<Vec<_>>();
    let is_panic = usable.len() * 100 < ready.len() * settings.panic_percent as usize;
    if is_panic && !mutated("panic-never") {
        return (Standing::Panic, ready);
    }
    match usable.is_empty() {
        true => (Standing::Empty, usable),
        false => (Standing::Normal, usable),
    }
}

/// Those who were chosen from, near and far, and how many draws stay near.
fn pools(settings: &Settings, chosen: &[&Record], now: Moment) -> ([Option<Pool>; 2], u64) {
    let pool = |members: Vec<Member>| {
        (!members.is_empty()).then(|| Pool::new(members, &settings.algorithm, now))
    };
    let member = |record: &&Record| record.member(settings, now);
    let Some(locality) = &settings.locality else {
        return ([pool(chosen.iter().map(member).collect()), None], ALWAYS);
    };
    let is_near = |record: &&&Record| record.endpoint.zone.as_ref() == Some(&locality.zone);
    let (near, far) = chosen.iter().partition::<Vec<&&Record>, _>(is_near);
    let near = near.into_iter().map(member).collect::<Vec<_>>();
    let far = far.into_iter().map(member).collect::<Vec<_>>();
    if near.is_empty() || far.is_empty() {
        let all = if near.is_empty() { far } else { near };
        return ([pool(all), None], ALWAYS);
    }
    let weight = Pool::weight(&near);
    let stays = locality.stays(weight, weight + Pool::weight(&far));
    ([pool(near), pool(far)], (stays * ALWAYS as f64) as u64)
}

/// Whom clients may come back to: who may be chosen, whatever its weight, and who is terminating.
fn stuck(
    settings: &Settings,
    records: &BTreeMap<Arc<str>, Record>,
    standing: Standing,
) -> Box<[(Token, Arc<crate::Backend>)]> {
    let serves = |record: &&Record| match record.endpoint.condition {
        Condition::Ready => record.is_usable() || standing == Standing::Panic,
        Condition::Terminating => !mutated("sticky-drained"),
        Condition::Unready => false,
    };
    let entry = |record: &Record| {
        let token = Token::of(&record.endpoint.name, settings.secret);
        (token, Arc::clone(&record.backend))
    };
    let mut stuck = records
        .values()
        .filter(serves)
        .map(entry)
        .collect::<Vec<_>>();
    stuck.sort_unstable_by_key(|(token, _)| *token);
    stuck.into_boxed_slice()
}

impl Record {
    fn member(&self, settings: &Settings, now: Moment) -> Member {
        let base = self.endpoint.weight.clamp(1, WEIGHT_MAX);
        let part = match (&settings.slow_start, self.began) {
            (Some(slow), Some(began)) if !settings.algorithm.is_by_hash() => {
                slow.thousandths(began, now)
            }
            _ => WHOLE,
        };
        Member {
            backend: Arc::clone(&self.backend),
            weight: (base * part).max(1),
            base,
        }
    }
}
