//! Tables of commands and their answers. What they say was compared with etcd 3.6's own.

mod script;

use expect_test::{Expect, expect};
use script::Script;

fn check(lines: &str, expected: &Expect) {
    expected.assert_eq(&Script::new().run(lines));
}

#[test]
fn puts_and_deletes() {
    check(
        "put a 1
         put a 2 prev
         put b 1
         del a prev
         put a 3 prev
         del x
         del a c prev
         put a - ignore_value
         put a 4
         put a - ignore_value prev
         get a
         get a rev=2
         get a rev=5
         get a rev=99",
        &expect![[r#"
            put a 1
                ok  · revision 2
            put a 2 prev
                ok was [a=1 c2 m2 v1 l0] · revision 3
            put b 1
                ok  · revision 4
            del a prev
                deleted 1 [a=2 c2 m3 v2 l0] · revision 5
            put a 3 prev
                ok  · revision 6
            del x
                deleted 0  · revision 6
            del a c prev
                deleted 2 [a=3 c6 m6 v1 l0] [b=1 c4 m4 v1 l0] · revision 7
            put a - ignore_value
                KeyNotFound · revision 7
            put a 4
                ok  · revision 8
            put a - ignore_value prev
                ok was [a=4 c8 m8 v1 l0] · revision 9
            get a
                [a=4 c8 m9 v2 l0] count 1 · at 9
            get a rev=2
                [a=1 c2 m2 v1 l0] count 1 · at 9
            get a rev=5
                 count 0 · at 9
            get a rev=99
                FutureRevision
        "#]],
    );
}

#[test]
fn ranges() {
    check(
        "put a 3
         put b 1
         put c 2
         put b 4
         put d 0
         get a d
         get b \\0
         get \\0 \\0 count
         get c a
         get a z limit=2
         get a z limit=4
         get a z limit=2 by=value
         get a z limit=2 by=value asc
         get a z by=value desc
         get a z by=version desc
         get a z by=create desc limit=1
         get a z by=mod
         get a z desc
         get a z keys limit=1
         get a z count limit=1
         get a z mod>=4 mod<=5 limit=1
         get a z create<=3
         get a z rev=4
         get a z rev=4 count",
        &expect![[r#"
            put a 3
                ok  · revision 2
            put b 1
                ok  · revision 3
            put c 2
                ok  · revision 4
            put b 4
                ok  · revision 5
            put d 0
                ok  · revision 6
            get a d
                [a=3 c2 m2 v1 l0] [b=4 c3 m5 v2 l0] [c=2 c4 m4 v1 l0] count 3 · at 6
            get b \0
                [b=4 c3 m5 v2 l0] [c=2 c4 m4 v1 l0] [d=0 c6 m6 v1 l0] count 3 · at 6
            get \0 \0 count
                 count 4 · at 6
            get c a
                 count 0 · at 6
            get a z limit=2
                [a=3 c2 m2 v1 l0] [b=4 c3 m5 v2 l0] count 4 more · at 6
            get a z limit=4
                [a=3 c2 m2 v1 l0] [b=4 c3 m5 v2 l0] [c=2 c4 m4 v1 l0] [d=0 c6 m6 v1 l0] count 4 · at 6
            get a z limit=2 by=value
                [c=2 c4 m4 v1 l0] [a=3 c2 m2 v1 l0] count 4 more · at 6
            get a z limit=2 by=value asc
                [d=0 c6 m6 v1 l0] [c=2 c4 m4 v1 l0] count 4 more · at 6
            get a z by=value desc
                [b=4 c3 m5 v2 l0] [a=3 c2 m2 v1 l0] [c=2 c4 m4 v1 l0] [d=0 c6 m6 v1 l0] count 4 · at 6
            get a z by=version desc
                [b=4 c3 m5 v2 l0] [a=3 c2 m2 v1 l0] [c=2 c4 m4 v1 l0] [d=0 c6 m6 v1 l0] count 4 · at 6
            get a z by=create desc limit=1
                [d=0 c6 m6 v1 l0] count 4 more · at 6
            get a z by=mod
                [a=3 c2 m2 v1 l0] [c=2 c4 m4 v1 l0] [b=4 c3 m5 v2 l0] [d=0 c6 m6 v1 l0] count 4 · at 6
            get a z desc
                [d=0 c6 m6 v1 l0] [c=2 c4 m4 v1 l0] [b=4 c3 m5 v2 l0] [a=3 c2 m2 v1 l0] count 4 · at 6
            get a z keys limit=1
                [a= c2 m2 v1 l0] count 4 more · at 6
            get a z count limit=1
                 count 4 · at 6
            get a z mod>=4 mod<=5 limit=1
                [b=4 c3 m5 v2 l0] count 4 more · at 6
            get a z create<=3
                [a=3 c2 m2 v1 l0] [b=4 c3 m5 v2 l0] count 4 · at 6
            get a z rev=4
                [a=3 c2 m2 v1 l0] [b=1 c3 m3 v1 l0] [c=2 c4 m4 v1 l0] count 3 · at 6
            get a z rev=4 count
                 count 3 · at 6
        "#]],
    );
}

#[test]
fn compaction() {
    check(
        "put a 1
         put a 2
         put b 1
         del b
         put a 3
         compact 0
         compact 5
         compact 5
         compact 4
         compact 7
         get a z rev=4
         get a z rev=5
         get a z
         hash
         hash 5
         hash 4
         compact 6
         hash
         get b rev=6",
        &expect![[r#"
            put a 1
                ok  · revision 2
            put a 2
                ok  · revision 3
            put b 1
                ok  · revision 4
            del b
                deleted 1  · revision 5
            put a 3
                ok  · revision 6
            compact 0
                Compact · revision 6
            compact 5
                Compact · revision 6
            compact 5
                Compacted · revision 6
            compact 4
                Compacted · revision 6
            compact 7
                FutureRevision · revision 6
            get a z rev=4
                Compacted
            get a z rev=5
                [a=2 c2 m3 v2 l0] count 1 · at 6
            get a z
                [a=3 c2 m6 v3 l0] count 1 · at 6
            hash
                4c680420 of 6 compacted 5
            hash 5
                86351f83 of 5 compacted 5
            hash 4
                Compacted
            compact 6
                Compact · revision 6
            hash
                46bb01ac of 6 compacted 6
            get b rev=6
                 count 0 · at 6
        "#]],
    );
}

#[test]
fn leases() {
    check(
        "grant 7 100
         grant 7 100
         grant 8 1
         grant 9 9000000001
         put a 1 lease=7
         put c 1 lease=7
         put b 1 lease=8
         put x 1 lease=5
         keys 7
         put a 2
         keys 7
         put b 2 ignore_lease
         put b 3 lease=7
         del c
         keys 7
         keys 8
         put a 3 lease=7
         revoke 7
         revoke 7
         get \\0 \\0",
        &expect![[r#"
            grant 7 100
                LeaseGrant { id: 7, ttl: 100 } · revision 1
            grant 7 100
                LeaseExists · revision 1
            grant 8 1
                LeaseGrant { id: 8, ttl: 2 } · revision 1
            grant 9 9000000001
                LeaseTtlTooLarge · revision 1
            put a 1 lease=7
                ok  · revision 2
            put c 1 lease=7
                ok  · revision 3
            put b 1 lease=8
                ok  · revision 4
            put x 1 lease=5
                LeaseNotFound · revision 4
            keys 7
                [b"a", b"c"]
            put a 2
                ok  · revision 5
            keys 7
                [b"c"]
            put b 2 ignore_lease
                ok  · revision 6
            put b 3 lease=7
                ok  · revision 7
            del c
                deleted 1  · revision 8
            keys 7
                [b"b"]
            keys 8
                []
            put a 3 lease=7
                ok  · revision 9
            revoke 7
                LeaseRevoke { deleted: 2 } · revision 10
            revoke 7
                LeaseNotFound · revision 10
            get \0 \0
                 count 0 · at 10
        "#]],
    );
}

#[test]
fn quota_and_alarms() {
    check(
        "quota 4000
         put a *500
         put b *500
         put c *500
         put d *500
         put e *500
         put f *500
         put g *500
         alarms
         put tiny 1
         grant 1 10
         del a z
         put a 1
         compact 8
         alarms
         put a 1
         raise 5 nospace
         put a 2
         alarms
         disarm 5 nospace
         put a 2
         put huge *5000
         alarms
         raise 6 corrupt
         put a 3
         get a
         disarm 6 corrupt
         disarm 6 corrupt
         get a",
        &expect![[r#"
            quota 4000
                Configure · revision 1
            put a *500
                ok  · revision 2
            put b *500
                ok  · revision 3
            put c *500
                ok  · revision 4
            put d *500
                ok  · revision 5
            put e *500
                ok  · revision 6
            put f *500
                ok  · revision 7
            put g *500
                NoSpace · revision 7
            alarms
                [Alarm { member: 0, kind: NoSpace }]
            put tiny 1
                NoSpace · revision 7
            grant 1 10
                NoSpace · revision 7
            del a z
                deleted 6  · revision 8
            put a 1
                NoSpace · revision 8
            compact 8
                Compact · revision 8
            alarms
                []
            put a 1
                ok  · revision 9
            raise 5 nospace
                Alarm([Alarm { member: 5, kind: NoSpace }]) · revision 9
            put a 2
                NoSpace · revision 9
            alarms
                [Alarm { member: 5, kind: NoSpace }]
            disarm 5 nospace
                Alarm([Alarm { member: 5, kind: NoSpace }]) · revision 9
            put a 2
                ok  · revision 10
            put huge *5000
                NoSpace · revision 10
            alarms
                []
            raise 6 corrupt
                Alarm([Alarm { member: 6, kind: Corrupt }]) · revision 10
            put a 3
                Corrupt · revision 10
            get a
                Corrupt
            disarm 6 corrupt
                Alarm([Alarm { member: 6, kind: Corrupt }]) · revision 10
            disarm 6 corrupt
                Alarm([]) · revision 10
            get a
                [a=2 c9 m10 v2 l0] count 1 · at 10
        "#]],
    );
}
