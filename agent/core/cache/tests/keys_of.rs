//! The keys of calls, and what is done with them, are those that Redis tells.

use synod_cache::command::{KeyUses, Run, all, named};

/// What redis-server 7.0.15 answers to `COMMAND GETKEYSANDFLAGS`.
const TOLD: &str = "
get a => a RO access
set a b => a OW update
set a b get => a RW access update
set a b EX 10 GeT => a RW access update
set a b keepttl => a OW update
mset a 1 b 2 c => a OW update, b OW update, c OW update
mget a b => a RO access, b RO access
del a b c => a RM delete, b RM delete, c RM delete
copy a b => a RO access, b OW update
rename a b => a RW access delete, b OW update
bitfield a get u8 0 => a RO access
bitfield a get u8 0 overflow sat => a RO access
bitfield a get u8 0 set u8 0 1 => a RW access update
bitfield a overflow => a RW access update
bitfield a incrby u8 0 => a RW access update
bitfield a => a RO access
bitfield_ro a get u8 0 => a RO access
bitop and d a b => d OW update, a RO access, b RO access
sort a => a RO access
sort a by w_* get # get o_* limit 0 10 desc store d => a RO access, d OW update
sort a store b store c => a RO access, c OW update
sort a store => a RO access
sort a get store => a RO access
sort_ro a by w => a RO access
georadius a 1 2 3 m => a RO access
georadius a 1 2 3 m store b => a RO access, b OW update
georadius a 1 2 3 m storedist c count 1 STORE b => a RO access, b OW update, c OW update
georadius a 1 2 3 m store => a RO access
georadiusbymember a m 3 km store b => a RO access, b OW update
georadiusbymember a m 3 km => a RO access
georadius_ro a 1 2 3 m => a RO access
geosearchstore d s fromlonlat 1 2 byradius 3 m => d OW update, s RO access
zunionstore d 2 a b weights 1 2 => d OW update, a RO access, b RO access
zunionstore d 3 a b => none
zunionstore d 0 a b => none
zunion 2 a b => a RO access, b RO access
zinter 1 a withscores => a RO access
zdiff 2 a => none
sintercard 2 a b limit 1 => a RO access, b RO access
lmpop 2 a b left => a RW access delete, b RW access delete
blmpop 0 2 a b left => a RW access delete, b RW access delete
zmpop 1 a min => a RW access delete
bzmpop 0 1 a max => a RW access delete
lmove a b left right => a RW access delete, b RW insert
blpop a b c 0 => a RW access delete, b RW access delete, c RW access delete
bzpopmin a b 0 => a RW access delete, b RW access delete
brpoplpush a b 0 => a RW access delete, b RW insert
xread count 1 streams a b 0 0 => a RO access, b RO access
xread block 0 streams streams 0 => streams RO access
xread streams => none
xread streams a b 0 => a RO access
xread count 1 foo a => none
xreadgroup group g c streams a > => a RO access
xreadgroup group streams streams count 5 noack streams a b > > => a RO access, b RO access
xreadgroup group g c count 5 foo a => none
xgroup create a g $ => a RW insert
xgroup createconsumer a g c => a RW insert
xgroup destroy a g => a RW delete
xgroup setid a g 0 => a RW update
xgroup help => none
xinfo stream a => a RO access
xinfo groups a => a RO access
xinfo consumers a g => a RO access
object encoding a => a RO
object freq a => a RO
object help => none
pfcount a b => a RW access, b RW access
pfmerge d a b => d RW access insert, a RO access, b RO access
pfadd a x => a RW insert
sinterstore d a b => d RW update, a RO access, b RO access
smove a b m => a RW access delete, b RW insert
lpush a 1 2 => a RW insert
getex a ex 10 => a RW access update
getdel a => a RW access delete
watch a b => a RO, b RO
msetnx a 1 b 2 => a OW insert, b OW insert
touch a b => a RO, b RO
exists a => a RO
unlink a b => a RM delete, b RM delete
restore a 0 x => a OW update
dump a => a RO access
expire a 10 => a RW update
lcs a b => a RO access, b RO access
hset a f v => a RW update
spop a => a RW access delete
xadd a * f v => a RW update
xautoclaim a g c 0 0 => a RW delete
ping => none
multi => none
scan 0 => none
move a 1 => a RW access update
append a b => a RW insert
getset a b => a RW access update
lpos a b => a RO access
zrangestore d s 0 -1 => d OW update, s RO access
zadd a 1 m => a RW update
";

/// Where more keys are looked at than Redis tells, since options of the same name come more than once, or name what is no option.
const MORE: &str = "
set a b ifeq c => a RW access update
sort a store get store b => a RO access, b OW update
georadius a 1 2 3 m store b store c => a RO access, b OW update, c OW update
xreadgroup count 1 group streams c streams a > => a RO access
";

fn told(call: &str) -> String {
    let args: Vec<&[u8]> = call.split(' ').map(str::as_bytes).collect();
    let spec = named(args[0]).expect("a command");
    // Of too few arguments nobody is asked for keys, but nothing breaks.
    let spec = spec.called_by(&args).unwrap_or(spec);
    let keys = spec.keys_of(&args).into_iter().map(|key| {
        let uses = key.uses.names().filter(|name| *name != "variable_flags");
        let words = [String::from_utf8_lossy(args[key.index]).into_owned()];
        let words = words.into_iter().chain(uses.map(str::to_owned));
        words.collect::<Vec<_>>().join(" ")
    });
    keys.reduce(|all, key| all + ", " + &key)
        .unwrap_or_else(|| "none".to_owned())
}

#[test]
fn keys_are_those_that_redis_tells() {
    for line in [TOLD, MORE].into_iter().flat_map(str::lines) {
        let Some((call, keys)) = line.split_once(" => ") else {
            continue;
        };
        assert_eq!(told(call), keys, "{call}");
    }
}

/// What key specs cannot tell is told otherwise: no command's keys are missed.
#[test]
fn whatever_specs_leave_open_is_known() {
    let rows = all().flat_map(|spec| std::iter::once(spec).chain(spec.subcommands));
    for spec in rows.filter(|spec| matches!(spec.run, Run::Keys(_))) {
        let is_open = spec.keys.iter().any(|key| {
            key.uses.has(KeyUses::VARIABLE_FLAGS)
                || key.uses.has(KeyUses::INCOMPLETE)
                || key.begin == synod_cache::command::Begin::Unknown
        });
        if is_open {
            let args: Vec<&[u8]> = vec![spec.name.as_bytes(), b"a", b"b", b"c"];
            assert_eq!(spec.keys_of(&args)[0].index, 1, "{}", spec.name);
        }
    }
}

/// Whatever the arguments are, keys are among them.
#[test]
fn keys_are_arguments() {
    let words = [
        "streams",
        "STORE",
        "2",
        "-1",
        "0",
        "9223372036854775807",
        "keys",
        "group",
    ];
    for spec in all().flat_map(|spec| std::iter::once(spec).chain(spec.subcommands)) {
        for length in 1..9 {
            for shift in 0..words.len() {
                let mut args = vec![spec.name.as_bytes()];
                let rest = words.iter().cycle().skip(shift).take(length - 1);
                args.extend(rest.map(|word| word.as_bytes()));
                let keys = spec.keys_of(&args);
                assert!(keys.iter().all(|key| key.index > 0 && key.index < length));
            }
        }
    }
}
