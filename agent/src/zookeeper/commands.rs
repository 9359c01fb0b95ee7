//! `GET /commands` and `GET /commands/NAME` of the admin API: the commands of ZooKeeper's AdminServer, in JSON, with this member's
//! facts. As there, a command that cannot be answered has an `error`, and the status is 200.
//!
//! Not here: `initial_configuration` (there is no file of ZooKeeper's), `last_snapshot` (snapshots are of the log, not of a zxid).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Json};
use axum::routing::get;
use serde_json::{Map, Value, json};
use synod_agent_api::{MemberRole, MemberStatus};

use super::Front;
use super::connection::Connection;
use super::facts::{Facts, LINES_MAX, List, Sections};
use super::members::place_of;
use super::words::VERSION;
use crate::clock;

/// What ZooKeeper traces if nobody asked for another thing; here nothing is traced.
const TRACE_MASK: i64 = 306;

/// Names, and the four-letter words that stand for them.
const COMMANDS: [(&str, &[&str]); 24] = [
    ("configuration", &["conf", "config"]),
    ("connection_stat_reset", &["crst"]),
    ("connections", &["cons"]),
    ("dirs", &[]),
    ("dump", &[]),
    ("environment", &["envi"]),
    ("get_trace_mask", &["gtmk"]),
    ("hash", &[]),
    ("is_read_only", &["isro"]),
    ("leader", &["lead"]),
    ("monitor", &["mntr"]),
    ("observer_connection_stat_reset", &["orst"]),
    ("observers", &["obsr"]),
    ("ruok", &[]),
    ("server_stats", &["srvr"]),
    ("set_trace_mask", &["stmk"]),
    ("stat_reset", &["srst"]),
    ("stats", &["stat"]),
    ("system_properties", &["sysp"]),
    ("voting_view", &[]),
    ("watch_summary", &["wchs"]),
    ("watches", &["wchc"]),
    ("watches_by_path", &["wchp"]),
    ("zabstate", &[]),
];

/// The routes that a LockService adds to the admin API.
pub fn commands_routes(front: Arc<Front>) -> Router {
    Router::new()
        .route("/commands", get(async || Html(list())))
        .route("/commands/{name}", get(command))
        .with_state(front)
}

/// Links to all of them.
fn list() -> String {
    let mut text = String::new();
    for (name, _) in COMMANDS {
        let _ = writeln!(text, "<a href=\"/commands/{name}\">{name}</a>\n<br/>");
    }
    text
}

async fn command(State(front): State<Arc<Front>>, Path(asked): Path<String>) -> Json<Value> {
    let Some(name) = named(&asked) else {
        let error = format!("Unknown command: {asked}");
        return Json(json!({ "command": asked, "error": error }));
    };
    let (mut answer, error) = match answer(&front, name).await {
        Some(Value::Object(answer)) => (answer, Value::Null),
        _ => (
            Map::new(),
            json!("This ZooKeeper instance is not currently serving requests"),
        ),
    };
    answer.insert("command".to_owned(), json!(name));
    answer.insert("error".to_owned(), error);
    Json(Value::Object(answer))
}

/// The command that a name or another word for it means.
fn named(asked: &str) -> Option<&'static str> {
    let mut all = COMMANDS.iter();
    all.find(|(name, others)| *name == asked || others.contains(&asked))
        .map(|(name, _)| *name)
}

/// None if it is not served at the moment.
async fn answer(front: &Arc<Front>, name: &str) -> Option<Value> {
    Some(match name {
        "ruok" | "connection_stat_reset" | "stat_reset" | "observer_connection_stat_reset" => {
            json!({})
        }
        "get_trace_mask" | "set_trace_mask" => json!({ "tracemask": TRACE_MASK }),
        "is_read_only" => json!({ "read_only": !front.knows_a_leader() }),
        "environment" => json!({
            "zookeeper.version": VERSION,
            "os.name": std::env::consts::OS, "os.arch": std::env::consts::ARCH,
        }),
        "system_properties" => {
            json!({ "os.name": std::env::consts::OS, "os.arch": std::env::consts::ARCH })
        }
        "configuration" => configuration(front).await?,
        "leader" => leader(front),
        "voting_view" => json!({ "current_config": voting_view(front) }),
        "observers" => observers(front),
        "zabstate" => zab_state(front),
        _ => {
            let facts = Facts::gather(front, list_of(name)).await;
            facts.filter(|_| front.knows_a_leader())?.told(front, name)
        }
    })
}

/// The list that a command shows.
fn list_of(name: &str) -> List {
    match name {
        "connections" | "stats" => List::Connections,
        "dump" => List::Sessions,
        "watches" => List::WatchesByConnection,
        "watches_by_path" => List::WatchesByPath,
        _ => List::None,
    }
}

impl Facts {
    fn told(&self, front: &Front, name: &str) -> Value {
        let mut told = match name {
            "connections" => self.connection_list(true),
            "stats" => merged(self.server_stats(front), self.connection_list(false)),
            "server_stats" => self.server_stats(front),
            "monitor" => self.gauges(front),
            "dirs" => json!({ "datadir_size": self.sizes.bytes, "logdir_size": 0 }),
            "hash" => {
                json!({ "digests": [{ "zxid": self.zxid, "digest": self.digest, "version": 0 }] })
            }
            "dump" => json!({
                // The leader alone knows; members of ZooKeeper that do not lead say this, too.
                "expiry_time_to_session_ids": {},
                "global_session_ids": self.sessions,
                "session_id_to_ephemeral_paths": by_id(&self.by_session),
            }),
            "watches" => json!({ "session_id_to_watched_paths": by_id(&self.by_session) }),
            "watches_by_path" => json!({
                "path_to_session_ids": self.by_path.iter().cloned().collect::<BTreeMap<_, _>>(),
            }),
            "watch_summary" => json!({
                "num_connections": self.watches.connections,
                "num_paths": self.watches.paths,
                "num_total_watches": self.watches.watches,
            }),
            _ => json!({}),
        };
        if self.is_cut {
            told["left_out_beyond"] = json!(LINES_MAX);
        }
        told
    }

    fn connection_list(&self, with_session: bool) -> Value {
        let shown = |secure| {
            let all = self.connections.iter();
            let of = all.filter(|it| it.is_secure == secure);
            of.map(|it| self.client(it, with_session))
                .collect::<Vec<_>>()
        };
        json!({ "connections": shown(false), "secure_connections": shown(true) })
    }

    /// Operations and latencies are not kept for each.
    fn client(&self, connection: &Connection, with_session: bool) -> Value {
        let (received, sent) = connection.packets();
        let told = json!({
            "remote_socket_address": connection.peer.to_string(),
            "interest_ops": 1,
            "outstanding_requests": 0,
            "packets_received": received,
            "packets_sent": sent,
        });
        if !with_session {
            return told;
        }
        let held = connection.held();
        let session = json!({
            "session_id": held.session.0,
            "session_timeout": held.timeout_ms,
            "established": clock::wall_ms_of(connection.since),
            "last_operation": "NA",
            "last_zxid": self.zxid,
            "last_response_time": clock::wall_ms_of(connection.heard()),
        });
        merged(told, session)
    }

    fn server_stats(&self, front: &Front) -> Value {
        let (received, sent) = self.packets;
        json!({
            "version": VERSION,
            "read_only": false,
            "node_count": self.sizes.nodes,
            "server_stats": {
                "packets_received": received,
                "packets_sent": sent,
                "outstanding_requests": 0,
                "num_alive_client_connections": self.connection_count,
                "last_processed_zxid": self.zxid,
                "server_state": front.mode(),
                "data_dir_size": self.sizes.bytes,
                "log_dir_size": 0,
            },
        })
    }

    fn gauges(&self, front: &Front) -> Value {
        let rows = self.monitored(front);
        let rows = rows.map(|(name, value)| (name.to_owned(), json!(value)));
        let mut told: Map<String, Value> = rows.into_iter().collect();
        told.insert("version".to_owned(), json!(VERSION));
        told.insert("server_state".to_owned(), json!(front.mode()));
        Value::Object(told)
    }
}

/// Objects have names as keys: numbers of sessions become their digits.
fn by_id(sections: &Sections<i64, String>) -> BTreeMap<String, &[String]> {
    let all = sections.iter();
    all.map(|(id, paths)| (id.to_string(), paths.as_slice()))
        .collect()
}

/// One object with the fields of both.
fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

async fn configuration(front: &Front) -> Option<Value> {
    let limits = front.engine.inspect(|store| store.limits()).await.ok()?;
    Some(json!({
        "client_port": front.port(),
        "max_client_cnxns": 0,
        "min_session_timeout": limits.timeout_ms_min,
        "max_session_timeout": limits.timeout_ms_max,
        "server_id": front.number,
        "jute_max_buffer": front.settings.frame_bytes_max,
        "enforce_quota": limits.enforce_quotas,
    }))
}

fn leader(front: &Front) -> Value {
    let status = front.engine.status();
    let leader = front.engine.live().leader();
    let members = &status.configuration.members;
    let named = members.iter().find(|it| Some(it.number) == leader);
    let address = named.map_or("", |it| it.peer_address.as_str());
    json!({
        "is_leader": leader == Some(front.number),
        "leader_id": leader.map_or(-1, u64::cast_signed),
        "leader_ip": address.rsplit_once(':').map_or(address, |(host, _)| host),
    })
}

/// Who votes, by number. Votes and data go by one port here; ZooKeeper has two.
fn voting_view(front: &Front) -> BTreeMap<u64, Value> {
    let status = front.engine.status();
    let members = status.configuration.members.iter();
    let voters = members.filter(|it| it.role == MemberRole::Voter);
    let told = |it: &MemberStatus| {
        let client = it.client_urls.first().map_or("", |url| place_of(url));
        let told = json!({
            "server_addresses": [it.peer_address],
            "election_addresses": [it.peer_address],
            "client_address": client,
            "learner_type": "participant",
        });
        (it.number, told)
    };
    voters.map(told).collect()
}

fn observers(front: &Front) -> Value {
    let status = front.engine.status();
    let members = status.configuration.members.iter();
    let observers: Vec<_> = members
        .filter(|it| it.role != MemberRole::Voter)
        .map(|it| json!({ "sid": it.number, "remote_address": it.peer_address }))
        .collect();
    json!({ "synced_observers": observers.len(), "observers": observers })
}

/// In ZooKeeper's words: who serves is past election, discovery and synchronisation.
fn zab_state(front: &Front) -> Value {
    let status = front.engine.status();
    let mut members = status.configuration.members.iter();
    let votes = members.any(|it| it.number == front.number && it.role == MemberRole::Voter);
    let state = if front.knows_a_leader() {
        "broadcast"
    } else {
        "election"
    };
    json!({ "voting": votes, "zabstate": state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_by_all_its_names() {
        for (name, others) in COMMANDS {
            assert!(
                list().contains(&format!("<a href=\"/commands/{name}\">")),
                "{name}"
            );
            for asked in [name].iter().chain(others) {
                assert_eq!(named(asked), Some(name), "{asked}");
            }
        }
        assert_eq!(named("nosuch"), None);
    }
}
