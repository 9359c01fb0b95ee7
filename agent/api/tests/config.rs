//! What the agent's configuration file accepts, and what it answers to what it does not.

use expect_test::{Expect, expect};
use synod_agent_api::{AgentConfig, LogFormat, Start};

const GOOD: &str = "
cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
group: config
name: config-cg-1
number: 1
start: bootstrap
members:
- {number: 1, name: config-cg-1, peer_address: 'config-cg-1.config-cg-peer:2380', client_urls: ['http://config-cg-1:2379']}
- {number: 2, name: config-cg-2, peer_address: 'config-cg-2.config-cg-peer:2380'}
data_dir: /data
tls:
  peer: {cert: /tls/tls.crt, key: /tls/tls.key, ca: /tls/ca.crt}
";

#[test]
fn a_small_file_is_enough_and_reads_back() {
    let config = AgentConfig::parse(GOOD).unwrap();
    assert_eq!(config.start, Start::Bootstrap);
    assert_eq!(config.listen.client.to_string(), "0.0.0.0:2379");
    assert_eq!(config.timing.election_ms, 1000);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(
        config.identity().to_string(),
        "synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/1"
    );
    assert_eq!(AgentConfig::parse(&config.to_yaml()), Ok(config));
}

fn refused(from: &str, to: &str, expected: Expect) {
    assert!(GOOD.contains(from), "{from}");
    let error = AgentConfig::parse(&GOOD.replace(from, to)).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn what_is_wrong_is_told_with_place_and_cure() {
    refused(
        "number: 1\nstart",
        "number: one\nstart",
        expect![[r#"number: invalid type: string "one", expected u64 at line 5 column 9"#]],
    );
    refused(
        "number: 1\nstart",
        "number: 0\nstart",
        expect![[r#"
        number: is 0; member numbers begin at 1
        members: does not contain this member (0); with `start: bootstrap` list all members, this one too"#]],
    );
    refused(
        "data_dir",
        "data_dri",
        expect![
            "unknown field `data_dri`, expected one of `cluster_uid`, `former_cluster_uid`, `kind`, `group`, `name`, `number`, `start`, `members`, `data_dir`, `listen`, `advertise`, `tls`, `timing`, `limits`, `zookeeper`, `cache`, `snapshot`, `drain`, `runtime`, `log` at line 10 column 1"
        ],
    );
    refused(
        "start: bootstrap",
        "start: again",
        expect![
            "start: unknown variant `again`, expected one of `bootstrap`, `join`, `resume`, `recover` at line 6 column 8"
        ],
    );
    refused(
        "cluster_uid: 5f2b",
        "cluster_uid: 5f2bx",
        expect![
            "`5f2bx8f6e-0b7c-4a58-9d5e-3f0a51c0ffee` is not a UUID of the form 01234567-89ab-cdef-0123-456789abcdef at line 2 column 1"
        ],
    );
    refused(
        "number: 2",
        "number: 1",
        expect![
            "members[1].number: is 0 or stands there twice; give every member its own number from 1 on"
        ],
    );
    refused(
        "name: config-cg-1\nnumber",
        "name: other\nnumber",
        expect!["members: gives member 1 another name than `other`; make the names equal"],
    );
    refused(
        "config-cg-2.config-cg-peer:2380",
        "config-cg-2",
        expect![
            "members[1].peer_address: `config-cg-2` is not host:port; write for example `config-cg-1.config-cg-peer:2380`"
        ],
    );
    refused(
        ", ca: /tls/ca.crt",
        "",
        expect!["tls.peer.ca: is missing; name a PEM file"],
    );
    refused(
        "ca: /tls/ca.crt",
        "ca: /tls/ca.crt, insecure: true",
        expect![[r#"
            tls.peer.cert: is set beside `insecure: true`; remove one of the two
            tls.peer.key: is set beside `insecure: true`; remove one of the two
            tls.peer.ca: is set beside `insecure: true`; remove one of the two"#]],
    );
    refused(
        "tls:\n",
        "tls:\n  client: {mode: mutual, cert: /a}\n",
        expect![[r#"
            tls.client.key: is missing; name a PEM file
            tls.client.ca: is missing; name a PEM file"#]],
    );
    refused(
        "tls:\n",
        "zookeeper: {packet_bytes_max: 67108864, session_timeout_ms_min: 5, session_timeout_ms_max: 4}\ntls:\n",
        expect![[r#"
            zookeeper.packet_bytes_max: 67108864 is out of range; use 1024 to 33554432
            zookeeper.session_timeout_ms_min: 5 is out of range; use 1 to 4"#]],
    );
    refused(
        "tls:\n",
        "zookeeper: {measured_locks: [/locks/a, locks]}\ntls:\n",
        expect![
            "zookeeper.measured_locks: are too many, or not different paths; name at most 100 locks, each as `/locks/a` and once"
        ],
    );
    refused(
        "tls:\n",
        "zookeeper: {measured_locks: [/locks/a, /b, /locks/a]}\ntls:\n",
        expect![
            "zookeeper.measured_locks: are too many, or not different paths; name at most 100 locks, each as `/locks/a` and once"
        ],
    );
    refused(
        "tls:\n",
        "cache: {eviction: lru, memory_bytes_max: 1, threads: 1000}\ntls:\n",
        expect![[r#"
            cache.eviction: "lru" is no policy; use one of noeviction, allkeys-lru, allkeys-lfu, allkeys-random, volatile-lru, volatile-lfu, volatile-random, volatile-ttl, auto
            cache.memory_bytes_max: 1 is out of range; use 1048576 to 1125899906842624
            cache.threads: 1000 is out of range; use 0 to 128"#]],
    );
    refused(
        "data_dir: /data",
        "data_dir: data\ntiming: {heartbeat_ms: 1, election_ms: 3, lease: {length_ms: 9}}\nlisten: {client: '0.0.0.0:1'}",
        expect![[r#"
            data_dir: is neither absolute nor begins with `./`; write the whole path
            timing.heartbeat_ms: 1 is out of range; use 10 to 10000
            timing.election_ms: 3 is out of range; use at least five heartbeats and at most 60000
            timing.lease.length_ms: 9 is out of range; use at least two heartbeats and at most the election time-out"#]],
    );
    refused(
        "data_dir: /data",
        "data_dir: /data\nlisten: {client: here}",
        expect!["listen.client: invalid socket address syntax at line 11 column 18"],
    );
    refused(
        "data_dir: /data",
        "data_dir: /data\nsnapshot: {segment_bytes: 1}",
        expect!["snapshot.segment_bytes: 1 is out of range; use 65536 to 1073741824"],
    );
    refused(
        "number: 1\nstart",
        "number: 3\nstart",
        expect![
            "members: does not contain this member (3); with `start: bootstrap` list all members, this one too"
        ],
    );
}

#[test]
fn a_recovery_names_the_group_of_before() {
    let recover = GOOD.replace("start: bootstrap", "start: recover");
    let former = "former_cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0fffe\n";
    let config = AgentConfig::parse(&format!("{recover}{former}")).unwrap();
    assert_eq!(config.start, Start::Recover);
    assert_eq!(AgentConfig::parse(&config.to_yaml()), Ok(config));
    // Nobody else's file knows of it.
    let config = AgentConfig::parse(GOOD).unwrap();
    assert!(!config.to_yaml().contains("former"));

    let told = |text: &str| AgentConfig::parse(text).unwrap_err().to_string();
    expect!["former_cluster_uid: is missing; with `start: recover` write the cluster_uid that the data directory was used with"].assert_eq(&told(&recover));
    expect!["former_cluster_uid: is set, but `start` is not `recover`; remove it, or set `start: recover` if the group lost its quorum for good"].assert_eq(&told(&format!("{GOOD}{former}")));
    let itself = former.replace("fffe", "ffee");
    expect!["former_cluster_uid: is the cluster_uid itself; give the recovered group a cluster_uid that was never used"].assert_eq(&told(&format!("{recover}{itself}")));
}
