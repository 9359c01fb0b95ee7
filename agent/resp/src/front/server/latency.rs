//! `LATENCY LATEST | HISTORY event | RESET [event …] | GRAPH event | DOCTOR | HISTOGRAM [command …] | HELP`
//!
//! <https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/latency-monitor/>

mod graph;

use synod_cache::command::{Error, all};

use crate::acl::Called;
use crate::counts::{CommandSum, Sum};
use crate::front::{FrontCall, unknown};

const LINES: &[&str] = &[
    "DOCTOR",
    "    What took long, in words.",
    "GRAPH <event>",
    "    What of one kind took long, as a drawing.",
    "HISTORY <event>",
    "    When something of one kind took long, and how many milliseconds.",
    "LATEST",
    "    What took long last, of each kind.",
    "RESET [<event> ...]",
    "    Forgets what took long, of all kinds if none is named.",
    "HISTOGRAM [COMMAND ...]",
    "    How many calls of each command took no longer than so many microseconds.",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "doctor" => doctor(call),
        "graph" => graph(call)?,
        "help" => call.help(LINES),
        "histogram" => histogram(call),
        "history" => history(call),
        "latest" => latest(call),
        "reset" => reset(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

fn latest(call: &mut FrontCall<'_>) {
    let events = call.shared.latency.events();
    let reply = &mut call.session.reply;
    reply.array(events.len());
    for (name, event) in &*events {
        reply.array(4);
        reply.bulk(name.as_bytes());
        let last = event.samples.back();
        reply.integer(last.map_or(0, |it| it.at));
        reply.integer(last.map_or(0, |it| it.milliseconds));
        reply.integer(event.most);
    }
}

fn history(call: &mut FrontCall<'_>) {
    let events = call.shared.latency.events();
    let name = String::from_utf8_lossy(call.args[2]);
    let samples = events.get(&*name).map(|event| &event.samples);
    let reply = &mut call.session.reply;
    reply.array(samples.map_or(0, |samples| samples.len()));
    for sample in samples.into_iter().flatten() {
        reply.array(2);
        reply.integer(sample.at);
        reply.integer(sample.milliseconds);
    }
}

fn reset(call: &mut FrontCall<'_>) {
    let mut events = call.shared.latency.events();
    let before = events.len();
    let named = &call.args[2..];
    events.retain(|name, _| !named.is_empty() && !named.contains(&name.as_bytes()));
    call.session.reply.count(before - events.len());
}

fn graph(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let events = call.shared.latency.events();
    let name = String::from_utf8_lossy(call.args[2]);
    let event = events.get(&*name).ok_or_else(|| {
        Error::Other(format!("ERR No samples available for event '{name}'").into())
    })?;
    let text = graph::graph(&name, event, call.now / 1000);
    call.session.reply.verbatim("txt", &text);
    Ok(())
}

fn doctor(call: &mut FrontCall<'_>) {
    let latency = &call.shared.latency;
    let text = if latency.is_on() {
        graph::report(&latency.events())
    } else {
        "Nothing is watched: CONFIG SET latency-monitor-threshold <milliseconds> has what takes as long as that remembered."
            .to_owned()
    };
    call.session.reply.verbatim("txt", &text);
}

/// How many calls of a command took no longer than 1, 2, 4, … microseconds.
fn histogram(call: &mut FrontCall<'_>) {
    let sum = Sum::of(&call.shared.counts, &call.shared.resets);
    let mut told: Vec<(String, CommandSum)> = Vec::new();
    let mut tell = |called: Called| {
        let counted = sum.command(called.spec.number);
        if let Some(counted) = counted.filter(|it| it.durations.count > 0) {
            told.push((called.full_name(), counted));
        }
    };
    if call.args.len() == 2 {
        all().flat_map(Called::all_of).for_each(&mut tell);
    }
    for called in call.args[2..].iter().filter_map(|it| Called::by_name(it)) {
        if called.is_subcommand() {
            tell(called);
        } else {
            Called::all_of(called.command).for_each(&mut tell);
        }
    }
    let reply = &mut call.session.reply;
    reply.map(told.len());
    for (name, called) in told {
        reply.bulk(name.as_bytes());
        reply.map(2);
        reply.bulk(b"calls");
        reply.integer(called.durations.count.cast_signed());
        reply.bulk(b"histogram_usec");
        let powers = called.durations.by_powers();
        reply.map(powers.len());
        for (microseconds, count) in powers {
            reply.integer(microseconds.cast_signed());
            reply.integer(count.cast_signed());
        }
    }
}
