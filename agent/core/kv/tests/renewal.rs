//! The state goes on in a group that was recovered from one member.

mod script;

use expect_test::expect;
use script::Script;
use synod_kv::{Hub, KeyRange, SoftRequest, SoftResponse, Store, WatchSpec, WatchState};
use synod_machine::{SnapshotReader as _, StateMachine as _};
use synod_paxos::{Ballot, Node, Now};

const STORY: &str = "grant 7 100
    put a 1 lease=7
    put a 2 lease=7
    put b 1
    del b
    put c 1";

fn renewed() -> Script {
    let mut script = Script::new();
    script.run(STORY);
    script.run("renew");
    script
}

fn restored(store: &Store) -> Store {
    let mut copy = store.empty();
    let mut reader = store.snapshot();
    while let Some(piece) = reader.next(16) {
        copy.restore(&piece).expect("it decodes");
    }
    copy.restored().expect("it is whole");
    copy.invariants_deep();
    copy
}

#[test]
fn no_revision_of_before_is_given_again_or_read() {
    let mut script = renewed();
    let told = script.run(
        "get a
         get a rev=5
         get a rev=6
         get a rev=7
         get a rev=999999999
         get a rev=1000000006
         get b
         put a 3
         put b 9
         compact 1000000006
         compact 1000000007
         get a rev=1000000007",
    );
    expect![[r#"
        get a
            [a=2 c2 m3 v2 l7] count 1 · at 1000000006
        get a rev=5
            Compacted
        get a rev=6
            Compacted
        get a rev=7
            Compacted
        get a rev=999999999
            Compacted
        get a rev=1000000006
            [a=2 c2 m3 v2 l7] count 1 · at 1000000006
        get b
             count 0 · at 1000000006
        put a 3
            ok  · revision 1000000007
        put b 9
            ok  · revision 1000000008
        compact 1000000006
            Compacted · revision 1000000008
        compact 1000000007
            Compact · revision 1000000008
        get a rev=1000000007
            [a=3 c2 m1000000007 v3 l0] count 1 · at 1000000008
    "#]]
    .assert_eq(&told);
}

/// A client that saw a later change than the survivor had, of a key that the survivor holds or of one that it does not.
#[test]
fn what_was_lost_is_not_compared_equal_to_what_comes_after_it() {
    let (mut before, mut after) = (Script::new(), renewed());
    before.run(STORY);
    let lost = before.run("put a lost");
    assert!(lost.contains("revision 7"), "{lost}");
    after.run("put a other\nput d new");
    let told =
        after.run("get a mod>=7 mod<=7\nget d create>=7 create<=7\nget a create>=2 create<=2");
    expect![[r#"
        get a mod>=7 mod<=7
             count 1 · at 1000000008
        get d create>=7 create<=7
             count 1 · at 1000000008
        get a create>=2 create<=2
            [a=other c2 m1000000007 v3 l0] count 1 · at 1000000008
    "#]]
    .assert_eq(&told);
}

/// What locks are fenced by is the create revision of a contender's key.
#[test]
fn fencing_tokens_rise() {
    let mut before = Script::new();
    before.run(STORY);
    before.run("put lock/1 held\nput lock/2 held");
    let mut after = renewed();
    after.run("put lock/3 held");
    let last = |script: &Script, key: &str| {
        let request = synod_kv::Range::new(KeyRange::point(key.to_owned().into()));
        let found = script.store.range(&request).expect("it is read");
        found.kvs[0].create_revision()
    };
    assert!(last(&after, "lock/3") > last(&before, "lock/2") + 900_000_000);
}

#[test]
fn watches_from_before_end_as_compacted_and_later_ones_work() {
    let mut script = renewed();
    let mut store = restored(&script.store);
    let mut hub = Hub::new(&store);
    let watch = |hub: &mut Hub, store: &Store, from| {
        hub.create(store, WatchSpec::new(KeyRange::all(), from))
    };
    let next = 7;
    for revision in [1, 6, next, 8, 999_999_999] {
        let id = watch(&mut hub, &store, revision);
        let compact_revision = 1_000_000_006;
        let told = hub.next(&store, id, usize::MAX).state;
        assert_eq!(
            told,
            WatchState::Compacted { compact_revision },
            "from {revision}"
        );
    }
    let ids = [0, 1_000_000_006, 1_000_000_007].map(|from| watch(&mut hub, &store, from));
    std::mem::swap(&mut script.store, &mut store);
    script.run("put a 9");
    hub.applied(&script.store);
    for id in ids {
        let batch = hub.next(&script.store, id, usize::MAX);
        let revisions: Vec<i64> = batch.events.iter().map(|e| e.kv.mod_revision()).collect();
        assert_eq!(revisions, [1_000_000_007]);
    }
}

#[test]
fn leases_and_their_keys_stay() {
    let mut store = restored(&renewed().store);
    assert_eq!(store.lease_keys(7), ["a"]);
    let ballot = Ballot {
        round: 9,
        node: Node(1),
    };
    store.lead(Now(0), ballot);
    let left = store.soft(Now(0), &SoftRequest::TimeToLive { id: 7 });
    let all = SoftResponse::TimeToLive {
        remaining: 100,
        granted: 100,
    };
    assert_eq!(left, all, "whoever leads gives it its full time");
}

#[test]
fn equal_states_go_on_equally() {
    let (one, other) = (renewed(), renewed());
    assert_eq!(one.store.digest(), other.store.digest());
    let copy = restored(&one.store);
    assert_eq!(copy.digest(), one.store.digest());
    assert_eq!(copy.hash_kv(0), one.store.hash_kv(0));
    // Recovered twice, from a member that was recovered before.
    let (mut one, mut other) = (one, Script::new());
    other.store = copy;
    for script in [&mut one, &mut other] {
        script.run("put a 5\nrenew\nput a 6\nreclaim");
        assert_eq!(script.store.revision(), 2_000_000_008);
    }
    assert_eq!(one.store.digest(), other.store.digest());
}

#[test]
fn an_empty_store_goes_on_too() {
    let mut script = Script::new();
    script.run("renew\nput a 1");
    assert_eq!(script.store.revision(), 1_000_000_002);
    assert_eq!(script.store.compact_revision(), 1_000_000_001);
}
