// ioredis: values, pipelines, transactions, channels, blocking, scripts, scans, expiry, errors, a server that is killed.
import { Redis } from "ioredis";
import { check, equal, eventually, numbers, refused, sleep, together } from "./bed.mjs";

/** A connection that ends with the test. */
export function client(bed, options = {}) {
  const redis = new Redis({ host: bed.host, port: bed.port, maxRetriesPerRequest: null, retryStrategy: () => 50, ...options });
  redis.on("error", () => {});
  bed.ending(() => redis.disconnect());
  return redis;
}

/** Removes all keys. */
export async function empty(bed) {
  await client(bed).flushall();
}

async function connect(bed, protocol) {
  const r = client(bed, { protocol, connectionName: "of-ioredis", db: 5 });
  equal("ping", "PONG", await r.ping());
  equal("the client's name", "of-ioredis", await r.client("GETNAME"));
  const info = await r.client("INFO");
  check("the database and the protocol", info.includes("db=5") && info.includes(`resp=${protocol}`));
  check("a version", /redis_version:7\./.test(await r.info("server")));
  equal("config get", ["maxmemory-policy", "noeviction"], await r.config("GET", "maxmemory-policy"));
  check("command", (await r.command("COUNT")) > 200);
  await r.call("ACL", "SETUSER", "node", "on", ">secret", "~*", "+@read", "+@connection", "+info");
  const reader = client(bed, { protocol, username: "node", password: "secret" });
  equal("a user of its own", null, await reader.get("a"));
  await refusedStart("who may not write", "NOPERM", () => reader.set("a", 1));
  await r.call("ACL", "DELUSER", "node");
}

async function refusedStart(what, word, attempt) {
  const words = await attempt().then(() => "", (error) => error.message);
  check(`${what} is refused`, words.startsWith(word));
}

async function values(bed, protocol) {
  const r = client(bed, { protocol });
  equal("set", "OK", await r.set("s", "abc"));
  equal("set nx", null, await r.set("s", "x", "NX"));
  equal("get", "abc", await r.get("s"));
  equal("append", 6, await r.append("s", "def"));
  equal("incrbyfloat", "1.5", await r.incrbyfloat("f", 1.5));
  equal("mset and mget", ["1", null], [await r.mset({ a: 1, b: 2 }), await r.mget("a", "none")][1]);
  const bytes = Buffer.from(numbers(10_000).map((it) => it % 256));
  await r.set("raw", bytes);
  check("all bytes come back", bytes.equals(await r.getBuffer("raw")));
  equal("rpush", 3, await r.rpush("l", 1, 2, 3));
  equal("lrange", ["1", "2", "3"], await r.lrange("l", 0, -1));
  equal("lmove", "3", await r.lmove("l", "m", "RIGHT", "LEFT"));
  equal("lpop of two", ["1", "2"], await r.lpop("l", 2));
  equal("sadd", 2, await r.sadd("set", "a", "b"));
  equal("smembers", ["a", "b"], (await r.smembers("set")).sort());
  equal("smismember", [1, 0], await r.smismember("set", "a", "c"));
  equal("zadd", 2, await r.zadd("z", 1.5, "a", 2, "b"));
  equal("zscore", "1.5", String(await r.zscore("z", "a")));
  equal("zrange with scores", ["a", "1.5", "b", "2"], (await r.zrange("z", 0, -1, "WITHSCORES")).flat().map(String));
  equal("zrank of nothing", null, await r.zrank("z", "none"));
  equal("hset", 2, await r.hset("h", { a: 1, b: 2 }));
  equal("hgetall", { a: "1", b: "2" }, await r.hgetall("h"));
  equal("hincrby", 6, await r.hincrby("h", "a", 5));
  equal("xadd", "1-1", await r.xadd("x", "1-1", "a", "b"));
  await r.xgroup("CREATE", "x", "g", "0");
  equal("xreadgroup", [["x", [["1-1", ["a", "b"]]]]], await r.xreadgroup("GROUP", "g", "c", "STREAMS", "x", ">"));
  equal("xpending", [1, "1-1", "1-1", [["c", "1"]]], await r.xpending("x", "g"));
  equal("xack", 1, await r.xack("x", "g", "1-1"));
  equal("setbit and bitcount", [0, 1], [await r.setbit("bits", 9, 1), await r.bitcount("bits")]);
  equal("pfadd and pfcount", [1, 3], [await r.pfadd("p", 1, 2, 3), await r.pfcount("p")]);
  await r.geoadd("g", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania");
  equal("geodist", "166.2742", await r.geodist("g", "Palermo", "Catania", "km"));
  equal("geosearch", ["Catania"], await r.geosearch("g", "FROMLONLAT", 15, 37, "BYRADIUS", 100, "km"));
}

async function pipelines(bed, protocol) {
  const r = client(bed, { protocol });
  const pipe = r.pipeline();
  numbers(2000).forEach((it) => pipe.set(`k${it}`, it).incr(`k${it}`));
  const replies = await pipe.exec();
  equal("4,000 replies", [4000, 2000], [replies.length, replies.at(-1)[1]]);
  const mixed = await r.pipeline().set("a", "x").incr("a").get("a").exec();
  equal("an error in the middle", "ERR value is not an integer or out of range", mixed[1][0].message);
  equal("what stands behind it", [null, "x"], mixed[2]);
  const auto = client(bed, { protocol, enableAutoPipelining: true });
  equal("pipelines made by the library", numbers(500).map(String), await Promise.all(numbers(500).map((it) => auto.set(`x${it}`, it).then(() => auto.get(`x${it}`)))));
}

async function transactions(bed, protocol) {
  const [r, other] = [client(bed, { protocol }), client(bed, { protocol })];
  equal("multi and exec", [[null, "OK"], [null, 2]], await r.multi().set("a", 1).incr("a").exec());
  await r.watch("a");
  await other.set("a", "other");
  equal("watched, and changed", null, await r.multi().set("a", "mine").exec());
  await r.watch("a");
  equal("watched, and unchanged", [[null, "OK"]], await r.multi().set("a", "mine").exec());
  await refusedStart("an unknown command within", "EXECABORT", () => r.multi().set("b", 1).call("NOSUCH").exec());
  equal("nothing of it was done", 0, await r.exists("b"));
}

async function channels(bed, protocol) {
  const [heard, r] = [client(bed, { protocol }), client(bed, { protocol })];
  const came = [];
  heard.on("message", (channel, words) => came.push(`${channel} ${words}`));
  heard.on("pmessage", (pattern, channel, words) => came.push(`${pattern} ${channel} ${words}`));
  equal("subscribe", 2, await heard.subscribe("news", "more"));
  equal("psubscribe", 3, await heard.psubscribe("n*"));
  equal("two hear it", 2, await r.publish("news", "hello"));
  await eventually("what they hear", () => came.sort().join() === "n* news hello,news hello");
  equal("numsub", ["news", 1], await r.pubsub("NUMSUB", "news"));
  equal("unsubscribe", 2, await heard.unsubscribe("more"));
  equal("spublish to nobody", 0, await r.call("SPUBLISH", "shard", "x"));
}

async function blocking(bed, protocol) {
  const [r, other] = [client(bed, { protocol }), client(bed, { protocol })];
  setTimeout(() => other.rpush("l", "a"), 100);
  equal("blpop", ["l", "a"], await r.blpop("none", "l", 20));
  equal("blpop of nothing", null, await r.blpop("l", 0.1));
  setTimeout(() => other.zadd("z", 2, "m"), 100);
  equal("bzpopmin", ["z", "m", "2"], (await r.bzpopmin("z", 20)).map(String));
  setTimeout(() => other.xadd("x", "7-1", "a", "b"), 100);
  equal("xread that waits", [["x", [["7-1", ["a", "b"]]]]], await r.xread("BLOCK", 20_000, "STREAMS", "x", "$"));
  const waiting = together(10, () => client(bed, { protocol }).blpop("q", 20));
  await other.rpush("q", ...numbers(10));
  equal("10 who wait, each value once", numbers(10), (await waiting).map((it) => Number(it[1])).sort((a, b) => a - b));
}

async function scripts(bed, protocol) {
  const r = client(bed, { protocol });
  r.defineCommand("twice", { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1]) * 2" });
  await r.script("FLUSH");
  equal("a command of one's own", 10, await r.twice("n", 5));
  await r.script("FLUSH");
  equal("the library sends it anew", 12, await r.twice("n", 1));
  equal("in a pipeline", [[null, 14], [null, "7"]], await r.pipeline().twice("n", 1).get("n").exec());
  equal("eval", ["k", "a", 3], await r.eval("return {KEYS[1], ARGV[1], 3.9}", 1, "k", "a"));
  await refused("an unknown digest", "NOSCRIPT No matching script. Please use EVAL.", () => r.evalsha("0".repeat(40), 0));
  equal("function load", "ion", await r.function("LOAD", "REPLACE", "#!lua name=ion\nredis.register_function('half', function(k, a) return a[1] / 2 end)"));
  equal("fcall", 4, await r.fcall("half", 0, 8));
  equal("function delete", "OK", await r.function("DELETE", "ion"));
}

async function scans(bed, protocol) {
  const r = client(bed, { protocol });
  await r.mset(Object.fromEntries(numbers(1000).map((it) => [`key:${it}`, it])));
  await r.sadd("set", ...numbers(1000));
  const seen = new Set();
  for await (const batch of r.scanStream({ match: "key:*", count: 100 })) {
    batch.forEach((key) => seen.add(key));
  }
  equal("scan", 1000, seen.size);
  const members = new Set();
  for await (const batch of r.sscanStream("set")) {
    batch.forEach((member) => members.add(member));
  }
  equal("sscan", 1000, members.size);
  equal("dbsize", 1001, await r.dbsize());
  equal("sort", ["999", "998"], await r.sort("set", "DESC", "LIMIT", 0, 2));
}

async function expiry(bed, protocol) {
  const r = client(bed, { protocol });
  await r.set("k", "v", "PX", 80);
  await eventually("it expires", async () => (await r.get("k")) === null);
  equal("ttl of nothing", -2, await r.ttl("k"));
  await r.set("k", "v", "EX", 100);
  equal("expire gt", 0, await r.expire("k", 50, "GT"));
  check("pttl", (await r.pttl("k")) > 90_000);
  const dumped = await r.dumpBuffer("k");
  equal("restore", "OK", await r.restore("copy", 0, dumped));
  equal("what was restored", "v", await r.get("copy"));
  equal("persist", 1, await r.persist("k"));
}

async function errors(bed, protocol) {
  const r = client(bed, { protocol });
  await r.set("s", "abc");
  await refused("a wrong type", "WRONGTYPE Operation against a key holding the wrong kind of value", () => r.lpush("s", 1));
  await refused("an unknown command", "ERR unknown command 'NOSUCH', with args beginning with: 'a' ", () => r.call("NOSUCH", "a"));
  await refused("a wrong arity", "ERR wrong number of arguments for 'get' command", () => r.call("GET"));
  await refused("a syntax error", "ERR syntax error", () => r.set("a", "b", "WHAT"));
  equal("it still answers", "PONG", await r.ping());
}

async function nothingLost(bed, protocol) {
  const writers = numbers(6).map(() => client(bed, { protocol }));
  const acknowledged = [];
  let stop = false;
  const write = async (r, writer) => {
    for (let number = 0; !stop; number++) {
      const key = `w${writer}:${number}`;
      await r.set(key, number);
      acknowledged.push(key);
    }
  };
  const all = Promise.all(writers.map(write));
  await eventually("writes are acknowledged", () => acknowledged.length > 100);
  await bed.kill();
  const before = acknowledged.length;
  await bed.start();
  await eventually("the same clients write again", () => acknowledged.length > before + 100);
  stop = true;
  await all;
  const r = client(bed, { protocol });
  let there = 0;
  while (acknowledged.length > 0) {
    const batch = acknowledged.splice(0, 500);
    there += batch.length - (await r.exists(...batch));
  }
  equal("no acknowledged write is lost", 0, there);
}

async function subscriberKilled(bed, protocol) {
  const [heard, r] = [client(bed, { protocol }), client(bed, { protocol })];
  const came = [];
  heard.on("message", (_, words) => came.push(words));
  await heard.subscribe("news");
  const waiting = client(bed, { protocol }).blpop("late", 60);
  await sleep(100);
  await bed.kill();
  await bed.start();
  await eventually("it subscribes anew and hears", async () => {
    await r.publish("news", "again");
    return came.includes("again");
  });
  await r.rpush("late", "value");
  equal("who waited waits again", ["late", "value"], await waiting);
}

const topics = { connect, values, pipelines, transactions, channels, blocking, scripts, scans, expiry, errors };
topics["killed/nothing-lost"] = nothingLost;
topics["killed/waiting"] = subscriberKilled;

export const tests = [2, 3].flatMap((protocol) =>
  Object.entries(topics).map(([name, test]) => [`ioredis/resp${protocol}/${name}`, (bed) => test(bed, protocol)]),
);
