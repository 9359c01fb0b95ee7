//! Fences: what is written on them and what is refused, and which deletes take them along.

mod script;

use expect_test::{Expect, expect};
use script::Script;
use synod_kv::{
    Command, Compare, CompareResult, CompareTarget, Error, FenceToken, KeyRange, Op, Put, Reply,
    Txn,
};

const FENCE: &str = "synod.dev/fence/locks/a";

fn check(lines: &str, expected: &Expect) {
    let mut script = Script::new();
    script.run("level 2");
    expected.assert_eq(&script.run(lines));
}

#[test]
fn only_newer_tokens_are_written() {
    check(
        "put synod.dev/fence/a @2
         put synod.dev/fence/a @1
         put synod.dev/fence/a @2 prev
         put synod.dev/fence/b @1
         put synod.dev/fence/a @300
         put synod.dev/fence/a @299",
        &expect![[r#"
            put synod.dev/fence/a @2
                ok  · revision 2
            put synod.dev/fence/a @1
                FenceOlder { token: 00000000000000000000000000000001, held: 00000000000000000000000000000002 } · revision 2
            put synod.dev/fence/a @2 prev
                ok was [synod.dev/fence/a=\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02 c2 m2 v1 l0] · revision 3
            put synod.dev/fence/b @1
                ok  · revision 4
            put synod.dev/fence/a @300
                ok  · revision 5
            put synod.dev/fence/a @299
                FenceOlder { token: 0000000000000000000000000000012b, held: 0000000000000000000000000000012c } · revision 5
        "#]],
    );
}

#[test]
fn only_tokens_are_written_and_they_do_not_expire() {
    check(
        "grant 7 60
         put synod.dev/fence/a *15
         put synod.dev/fence/a *17
         put synod.dev/fence/a -
         put synod.dev/fence/a - ignore_value
         put synod.dev/fence/a @1 lease=7
         put synod.dev/fence/a @1 lease=8
         put synod.dev/fence/a @1 ignore_lease
         put synod.dev/fence/a @1
         put synod.dev/fence/a @2 ignore_lease
         put synod.dev/fence/a - ignore_value lease=7
         put synod.dev/fence/a - ignore_value
         put synod.dev/fence *15 lease=7
         put synod.dev/fences/a *15 lease=7
         revoke 7",
        &expect![[r#"
            grant 7 60
                LeaseGrant { id: 7, ttl: 60 } · revision 1
            put synod.dev/fence/a *15
                FenceLength { found: 15 } · revision 1
            put synod.dev/fence/a *17
                FenceLength { found: 17 } · revision 1
            put synod.dev/fence/a -
                FenceLength { found: 0 } · revision 1
            put synod.dev/fence/a - ignore_value
                KeyNotFound · revision 1
            put synod.dev/fence/a @1 lease=7
                FenceLeased · revision 1
            put synod.dev/fence/a @1 lease=8
                LeaseNotFound · revision 1
            put synod.dev/fence/a @1 ignore_lease
                KeyNotFound · revision 1
            put synod.dev/fence/a @1
                ok  · revision 2
            put synod.dev/fence/a @2 ignore_lease
                ok  · revision 3
            put synod.dev/fence/a - ignore_value lease=7
                FenceLeased · revision 3
            put synod.dev/fence/a - ignore_value
                ok  · revision 4
            put synod.dev/fence *15 lease=7
                ok  · revision 5
            put synod.dev/fences/a *15 lease=7
                ok  · revision 6
            revoke 7
                LeaseRevoke { deleted: 2 } · revision 7
        "#]],
    );
}

/// Compaction, quota, another group: nothing brings an older token back.
#[test]
fn a_fence_outlives_history() {
    check(
        "put synod.dev/fence/a @5
         put synod.dev/fence/a @6
         compact 3
         renew
         put synod.dev/fence/a @5
         quota 1
         put synod.dev/fence/a @7
         quota 100000
         put synod.dev/fence/a @5
         put synod.dev/fence/a @7",
        &expect![[r#"
            put synod.dev/fence/a @5
                ok  · revision 2
            put synod.dev/fence/a @6
                ok  · revision 3
            compact 3
                Compact · revision 3
            renew
                revision 1000000003
            put synod.dev/fence/a @5
                FenceOlder { token: 00000000000000000000000000000005, held: 00000000000000000000000000000006 } · revision 1000000003
            quota 1
                Configure · revision 1000000003
            put synod.dev/fence/a @7
                NoSpace · revision 1000000003
            quota 100000
                Configure · revision 1000000003
            put synod.dev/fence/a @5
                FenceOlder { token: 00000000000000000000000000000005, held: 00000000000000000000000000000006 } · revision 1000000003
            put synod.dev/fence/a @7
                ok  · revision 1000000004
        "#]],
    );
}

#[test]
fn deletes_take_fences_along_that_they_name() {
    check(
        "put a 1
         put synod.dev/fence/a @1
         put synod.dev/fence/b @1
         put synod.dev/fence/c @1
         put synod.dev/x 1
         del \\0 \\0 prev
         del synod.dev/ synod.dev0
         del synod.dev/fence/a
         del synod.dev/fence/ synod.dev/fence/c
         put synod.dev/fence/a @0
         del synod.dev/fence synod.dev/fencf
         get \\0 \\0",
        &expect![[r#"
            put a 1
                ok  · revision 2
            put synod.dev/fence/a @1
                ok  · revision 3
            put synod.dev/fence/b @1
                ok  · revision 4
            put synod.dev/fence/c @1
                ok  · revision 5
            put synod.dev/x 1
                ok  · revision 6
            del \0 \0 prev
                deleted 2 [a=1 c2 m2 v1 l0] [synod.dev/x=1 c6 m6 v1 l0] · revision 7
            del synod.dev/ synod.dev0
                deleted 0  · revision 7
            del synod.dev/fence/a
                deleted 1  · revision 8
            del synod.dev/fence/ synod.dev/fence/c
                deleted 1  · revision 9
            put synod.dev/fence/a @0
                ok  · revision 10
            del synod.dev/fence synod.dev/fencf
                deleted 2  · revision 11
            get \0 \0
                 count 0 · at 11
        "#]],
    );
}

/// At the level of before, fences are keys like others; what they held then counts as far as it is a token.
#[test]
fn what_was_written_before_fences_were_kept() {
    let mut script = Script::new();
    let told = script.run(
        "grant 7 60
         put synod.dev/fence/a @9
         put synod.dev/fence/a @8
         put synod.dev/fence/b word
         put synod.dev/fence/c @3 lease=7
         put synod.dev/fence/d @3
         del \\0 synod.dev/fence/b
         put synod.dev/fence/a @8
         level 2
         put synod.dev/fence/a @7
         put synod.dev/fence/b - ignore_value
         put synod.dev/fence/b @0
         put synod.dev/fence/c @4 ignore_lease
         put synod.dev/fence/c @2
         put synod.dev/fence/c @3
         revoke 7
         put synod.dev/fence/c @2",
    );
    expect![[r#"
        grant 7 60
            LeaseGrant { id: 7, ttl: 60 } · revision 1
        put synod.dev/fence/a @9
            ok  · revision 2
        put synod.dev/fence/a @8
            ok  · revision 3
        put synod.dev/fence/b word
            ok  · revision 4
        put synod.dev/fence/c @3 lease=7
            ok  · revision 5
        put synod.dev/fence/d @3
            ok  · revision 6
        del \0 synod.dev/fence/b
            deleted 1  · revision 7
        put synod.dev/fence/a @8
            ok  · revision 8
        level 2
            ok
        put synod.dev/fence/a @7
            FenceOlder { token: 00000000000000000000000000000007, held: 00000000000000000000000000000008 } · revision 8
        put synod.dev/fence/b - ignore_value
            FenceLength { found: 4 } · revision 8
        put synod.dev/fence/b @0
            ok  · revision 9
        put synod.dev/fence/c @4 ignore_lease
            FenceLeased · revision 9
        put synod.dev/fence/c @2
            FenceOlder { token: 00000000000000000000000000000002, held: 00000000000000000000000000000003 } · revision 9
        put synod.dev/fence/c @3
            ok  · revision 10
        revoke 7
            LeaseRevoke { deleted: 0 } · revision 10
        put synod.dev/fence/c @2
            FenceOlder { token: 00000000000000000000000000000002, held: 00000000000000000000000000000003 } · revision 10
    "#]].assert_eq(&told);
}

fn token(number: u128) -> FenceToken {
    FenceToken(number.to_be_bytes())
}

fn put(key: &str, value: &[u8]) -> Op {
    Op::Put(Put {
        key: key.to_owned().into(),
        value: value.to_vec().into(),
        ..Put::default()
    })
}

fn raise(number: u128) -> Op {
    put(FENCE, &token(number).0)
}

fn if_held(number: u128) -> Compare {
    Compare {
        range: KeyRange::point(FENCE.into()),
        result: CompareResult::Equal,
        target: CompareTarget::Value(token(number).0.to_vec().into()),
    }
}

/// What came of a transaction: which branch ran, or why none did; then the value of `data` and the revision.
fn run(script: &mut Script, txn: Txn) -> (Result<bool, Error>, String) {
    let result = match script.apply(Command::Txn(txn)) {
        Ok(Reply::Txn(txn)) => Ok(txn.succeeded),
        Ok(reply) => panic!("answered by {reply:?}"),
        Err(error) => Err(error),
    };
    let request = synod_kv::Range::new(KeyRange::point("data".into()));
    let data = script.store.range(&request).expect("it is read");
    let value = data.kvs.first().map(|kv| kv.value());
    let value = value.map(|value| String::from_utf8(value.to_vec()).expect("text"));
    (result, value.unwrap_or_default())
}

fn fenced() -> Script {
    let mut script = Script::new();
    script.run("level 2");
    script
}

/// The first holder raises and writes at once; then the second; then the first comes back.
#[test]
fn a_write_with_an_older_token_is_refused_whole() {
    let mut script = fenced();
    let write = |number, value: &str| Txn {
        success: vec![put("data", value.as_bytes()), raise(number)],
        ..Txn::default()
    };
    assert_eq!(run(&mut script, write(1, "one")), (Ok(true), "one".into()));
    assert_eq!(run(&mut script, write(1, "two")), (Ok(true), "two".into()));
    assert_eq!(
        run(&mut script, write(2, "three")),
        (Ok(true), "three".into())
    );
    let revision = script.store.revision();
    let older = Error::FenceOlder {
        token: token(1),
        held: token(2),
    };
    assert_eq!(
        run(&mut script, write(1, "four")),
        (Err(older), "three".into())
    );
    assert_eq!(script.store.revision(), revision);
    // The same in a transaction within, in whichever branch runs.
    let nested = Txn {
        failure: vec![Op::Txn(write(1, "five"))],
        compare: vec![if_held(1)],
        success: Vec::new(),
    };
    assert_eq!(run(&mut script, nested), (Err(older), "three".into()));
}

/// What a holder of a lock writes once it raised the fence: one compare.
#[test]
fn a_guarded_write_compares() {
    let mut script = fenced();
    let guarded = |number, value: &str| Txn {
        compare: vec![if_held(number)],
        success: vec![put("data", value.as_bytes())],
        failure: Vec::new(),
    };
    // Nobody raised the fence yet.
    assert_eq!(
        run(&mut script, guarded(1, "one")),
        (Ok(false), String::new())
    );
    script.run("put synod.dev/fence/locks/a @1");
    assert_eq!(
        run(&mut script, guarded(1, "one")),
        (Ok(true), "one".into())
    );
    script.run("put synod.dev/fence/locks/a @2");
    assert_eq!(
        run(&mut script, guarded(1, "two")),
        (Ok(false), "one".into())
    );
    assert_eq!(
        run(&mut script, guarded(2, "two")),
        (Ok(true), "two".into())
    );
}

/// Only what runs is looked at, and it is looked at as the state is before: a delete in the same transaction is no way around.
#[test]
fn what_does_not_run_is_not_refused() {
    let mut script = fenced();
    script.run("put synod.dev/fence/locks/a @2");
    let either = |compare| Txn {
        compare: vec![if_held(compare)],
        success: vec![put("data", b"one")],
        failure: vec![raise(1)],
    };
    assert_eq!(run(&mut script, either(2)), (Ok(true), "one".into()));
    let older = Error::FenceOlder {
        token: token(1),
        held: token(2),
    };
    assert_eq!(run(&mut script, either(1)), (Err(older), "one".into()));
    let around = Txn {
        success: vec![
            Op::DeleteRange(synod_kv::DeleteRange {
                range: KeyRange::point(FENCE.into()),
                prev_kv: false,
            }),
            raise(1),
        ],
        ..Txn::default()
    };
    assert_eq!(run(&mut script, around), (Err(older), "one".into()));
}
