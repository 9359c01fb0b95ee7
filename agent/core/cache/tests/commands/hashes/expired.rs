//! Fields that nobody asks for go in their time; a replica hides them until it is told to remove them.

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::notice::Class;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

use crate::play::{shown, words};

fn ask(partition: &mut Partition, line: &str) -> String {
    let words = words(line);
    let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let mut reply = Reply::new(Protocol::Resp2);
    let spec = named(args[0]).expect("a command");
    Call::new(&args, Keys::new(&mut [partition], 0), &mut reply).run(spec);
    shown(&mut reply.to_vec().as_slice(), "")
}

/// A primary, with some fields that expire: 10 at 1000, 10 at 1001, and so on.
fn primary(fields: usize) -> Partition {
    let mut primary = Partition::new(1);
    primary.set_notified(Class::ALL);
    for field in 0..fields {
        ask(&mut primary, &format!("hset h field-{field} {field}"));
        let at = 1000 + field / 10;
        ask(
            &mut primary,
            &format!("hpexpireat h {at} fields 1 field-{field}"),
        );
    }
    ask(&mut primary, "hset h stays 1");
    primary
}

fn events(partition: &mut Partition) -> Vec<&'static str> {
    let notices = partition.take_notices();
    notices.into_iter().map(|notice| notice.event).collect()
}

#[test]
fn a_primary_removes_them_in_their_time() {
    for fields in [15, 2000] {
        let (mut primary, mut replica) = (primary(fields), Partition::new(2));
        replica.set_primary(false);
        events(&mut primary);
        assert_eq!(primary.next_expiry(), Some(1000));
        primary.set_now(1000);
        assert!(!primary.expire(usize::MAX));
        assert_eq!(events(&mut primary), [""; 0]);
        primary.set_now(1001);
        assert!(!primary.expire(usize::MAX));
        assert_eq!(events(&mut primary), ["hexpired"]);
        replica
            .apply(&primary.take_effects())
            .expect("they are whole");
        assert_eq!(primary.contents(), replica.contents());
        let left = primary.contents()[0].parts.len();
        assert_eq!(left, fields + 1 - 10);
        assert!(
            primary
                .next_expiry()
                .is_some_and(|at| (1000..=1001).contains(&at))
        );
        primary.set_now(5000);
        assert!(!primary.expire(usize::MAX));
        assert_eq!(primary.contents()[0].parts, [b"stays=1"]);
        assert_eq!(primary.next_expiry(), None);
        replica
            .apply(&primary.take_effects())
            .expect("they are whole");
        assert_eq!(primary.contents(), replica.contents());
    }
}

#[test]
fn a_primary_takes_its_time() {
    let mut primary = primary(2000);
    primary.set_now(5000);
    let mut steps = 0;
    while primary.expire(100) {
        steps += 1;
        let left = primary.contents()[0].parts.len();
        assert!(
            left + 200 * steps >= 2001,
            "{left} are left after {steps} steps"
        );
    }
    assert!((5..=20).contains(&steps), "{steps}");
    assert_eq!(primary.contents()[0].parts, [b"stays=1"]);
}

#[test]
fn a_key_goes_with_its_last_field() {
    for fields in [3, 500] {
        let mut primary = primary(fields);
        ask(&mut primary, "hdel h stays");
        events(&mut primary);
        primary.set_now(5000);
        primary.expire(usize::MAX);
        assert_eq!(events(&mut primary), ["hexpired", "del"]);
        assert!(primary.contents().is_empty());
        assert_eq!(primary.next_expiry(), None);
    }
}

#[test]
fn a_key_may_expire_before_its_fields() {
    let mut primary = primary(500);
    ask(&mut primary, "set h 1 px 5");
    primary.set_now(5000);
    events(&mut primary);
    primary.expire(usize::MAX);
    assert_eq!(events(&mut primary), ["expired"]);
    assert!(primary.contents().is_empty());
}

#[test]
fn a_replica_hides_them() {
    for fields in [15, 2000] {
        let (mut primary, mut replica) = (primary(fields), Partition::new(2));
        replica.set_primary(false);
        replica
            .apply(&primary.take_effects())
            .expect("they are whole");
        replica.take_effects();
        let before = replica.contents();
        replica.set_now(1001);
        let left = fields + 1 - 10;
        assert_eq!(ask(&mut replica, "hlen h"), format!("(integer) {left}\n"));
        assert_eq!(ask(&mut replica, "hget h field-3"), "(nil)\n");
        assert_eq!(ask(&mut replica, "hget h field-10"), "\"10\"\n");
        assert_eq!(ask(&mut replica, "hkeys h").lines().count(), left);
        assert_eq!(
            ask(&mut replica, &format!("hrandfield h {fields}"))
                .lines()
                .count(),
            left
        );
        assert_eq!(
            ask(&mut replica, "httl h fields 1 field-3"),
            "1) (integer) -2\n"
        );
        replica.set_now(5000);
        assert_eq!(ask(&mut replica, "hgetall h"), "1) \"stays\"\n2) \"1\"\n");
        assert_eq!(ask(&mut replica, "hrandfield h"), "\"stays\"\n");
        assert_eq!(
            replica.contents(),
            before,
            "nothing goes before it is told to"
        );
        assert!(replica.take_effects().is_empty());
        // Its clock may go before the primary's: what has expired here may still be changed there.
        ask(&mut primary, "hset h field-3 again");
        ask(&mut primary, "hdel h stays field-4");
        replica
            .apply(&primary.take_effects())
            .expect("they are whole");
        assert_eq!(primary.contents(), replica.contents());
        assert_eq!(
            ask(&mut replica, "hgetall h"),
            "1) \"field-3\"\n2) \"again\"\n"
        );
        ask(&mut primary, "hdel h field-3");
        replica
            .apply(&primary.take_effects())
            .expect("they are whole");
        assert_eq!(ask(&mut replica, "hgetall h"), "(empty array)\n");
        assert_eq!(ask(&mut replica, "hlen h"), "(integer) 0\n");
        ask(&mut primary, "hset h field-3 more");
        replica
            .apply(&primary.take_effects())
            .expect("they are whole");
        assert_eq!(primary.contents(), replica.contents());
        // Who becomes the primary removes them.
        replica.set_primary(true);
        replica.expire(usize::MAX);
        assert_eq!(replica.contents()[0].parts, [b"field-3=more"]);
    }
}
