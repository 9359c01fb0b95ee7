// node-redis: the same subjects.
import { createClient, createClientPool, RESP_TYPES, WatchError } from "redis";
import { check, equal, eventually, numbers, refused, together } from "./bed.mjs";

const socket = (bed) => ({ host: bed.host, port: bed.port, reconnectStrategy: 50 });

async function client(bed, protocol, options = {}) {
  const redis = createClient({ RESP: protocol, socket: socket(bed), ...options });
  redis.on("error", () => {});
  bed.ending(() => redis.destroy());
  return redis.connect();
}

async function connect(bed, protocol) {
  const r = await client(bed, protocol, { name: "of-node-redis", database: 6 });
  equal("ping", "PONG", await r.ping());
  equal("the client's name", "of-node-redis", await r.clientGetName());
  const info = await r.clientInfo();
  equal("the database and the protocol", [6, protocol], [info.db, Number(info.resp)]);
  check("a version", /redis_version:7\./.test(await r.info("server")));
  equal("config get", { "maxmemory-policy": "noeviction" }, { ...(await r.configGet("maxmemory-policy")) });
  check("command count", (await r.commandCount()) > 200);
}

async function values(bed, protocol) {
  const r = await client(bed, protocol);
  equal("set", "OK", await r.set("s", "abc"));
  equal("get", "abc", await r.get("s"));
  equal("incr", 1, await r.incr("n"));
  equal("mget", ["abc", null], await r.mGet(["s", "none"]));
  const bytes = Buffer.from(numbers(10_000).map((it) => it % 256));
  await r.set("raw", bytes);
  const raw = r.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  check("all bytes come back", bytes.equals(await raw.get("raw")));
  equal("rpush", 3, await r.rPush("l", ["1", "2", "3"]));
  equal("lrange", ["1", "2", "3"], await r.lRange("l", 0, -1));
  equal("sadd", 2, await r.sAdd("set", ["a", "b"]));
  equal("smembers", ["a", "b"], [...(await r.sMembers("set"))].sort());
  equal("zadd", 2, await r.zAdd("z", [{ score: 1.5, value: "a" }, { score: 2, value: "b" }]));
  equal("zscore", 1.5, await r.zScore("z", "a"));
  equal("zrange with scores", [{ value: "a", score: 1.5 }, { value: "b", score: 2 }], await r.zRangeWithScores("z", 0, -1));
  equal("hset", 2, await r.hSet("h", { a: "1", b: "2" }));
  equal("hgetall", { a: "1", b: "2" }, { ...(await r.hGetAll("h")) });
  equal("xadd", "1-1", await r.xAdd("x", "1-1", { a: "b" }));
  await r.xGroupCreate("x", "g", "0");
  const read = await r.xReadGroup("g", "c", { key: "x", id: ">" });
  equal("xreadgroup", ["1-1", "b"], [read[0].messages[0].id, read[0].messages[0].message.a]);
  equal("xpending", 1, (await r.xPending("x", "g")).pending);
  equal("xinfo stream", 1, (await r.xInfoStream("x")).length);
  equal("bits", [0, 1], [await r.setBit("b", 9, 1), await r.bitCount("b")]);
  equal("hyperloglog", 3, [await r.pfAdd("p", ["1", "2", "3"]), await r.pfCount("p")][1]);
  await r.geoAdd("g", { longitude: 13.361389, latitude: 38.115556, member: "Palermo" });
  equal("geosearch", ["Palermo"], await r.geoSearch("g", { longitude: 13, latitude: 38 }, { radius: 100, unit: "km" }));
}

async function pipelines(bed, protocol) {
  const r = await client(bed, protocol);
  await Promise.all(numbers(2000).map((it) => r.set(`k${it}`, String(it))));
  equal("2,000 at once", numbers(2000).map(String), await Promise.all(numbers(2000).map((it) => r.get(`k${it}`))));
  const multi = r.multi();
  numbers(1000).forEach((it) => multi.incr(`k${it}`));
  equal("a pipeline", 1000, (await multi.execAsPipeline()).at(-1));
}

async function transactions(bed, protocol) {
  const [r, other] = [await client(bed, protocol), await client(bed, protocol)];
  equal("multi and exec", ["OK", 2], await r.multi().set("a", "1").incr("a").exec());
  await r.watch("a");
  await other.set("a", "other");
  const failed = await r.multi().set("a", "mine").exec().catch((error) => error);
  check("watched, and changed", failed instanceof WatchError);
  await r.watch("a");
  equal("watched, and unchanged", ["OK"], await r.multi().set("a", "mine").exec());
}

async function channels(bed, protocol) {
  const [heard, r] = [await client(bed, protocol), await client(bed, protocol)];
  const came = [];
  await heard.subscribe("news", (words, channel) => came.push(`${channel} ${words}`));
  await heard.pSubscribe("n*", (words, channel) => came.push(`n* ${channel} ${words}`));
  await heard.sSubscribe("shard", (words, channel) => came.push(`${channel} ${words}`));
  equal("two hear it", 2, await r.publish("news", "hello"));
  equal("one hears the shard", 1, await r.sPublish("shard", "x"));
  await eventually("what they hear", () => came.sort().join() === "n* news hello,news hello,shard x");
  equal("channels", ["news"], await r.pubSubChannels());
  await heard.unsubscribe("news");
  equal("one hears it", 1, await r.publish("news", "hello"));
}

async function blocking(bed, protocol) {
  const [r, other] = [await client(bed, protocol), await client(bed, protocol)];
  setTimeout(() => other.rPush("l", "a"), 100);
  equal("blpop", { key: "l", element: "a" }, await r.blPop(["none", "l"], 20));
  equal("blpop of nothing", null, await r.blPop("l", 0.1));
  setTimeout(() => other.zAdd("z", { score: 2, value: "m" }), 100);
  equal("bzpopmax", { key: "z", value: "m", score: 2 }, await r.bzPopMax("z", 20));
  setTimeout(() => other.xAdd("x", "7-1", { a: "b" }), 100);
  equal("xread that waits", "7-1", (await r.xRead({ key: "x", id: "$" }, { BLOCK: 20_000 }))[0].messages[0].id);
}

async function scripts(bed, protocol) {
  const r = await client(bed, protocol);
  equal("eval", ["k", "a"], await r.eval("return {KEYS[1], ARGV[1]}", { keys: ["k"], arguments: ["a"] }));
  const digest = await r.scriptLoad("return tonumber(ARGV[1]) * 2");
  equal("evalsha", 8, await r.evalSha(digest, { keys: [], arguments: ["4"] }));
  await refused("an unknown digest", "NOSCRIPT No matching script. Please use EVAL.", () => r.evalSha("0".repeat(40)));
  equal("function load", "nodelib", await r.functionLoad("#!lua name=nodelib\nredis.register_function('half', function(k, a) return a[1] / 2 end)", { REPLACE: true }));
  equal("fcall", 4, await r.fCall("half", { keys: [], arguments: ["8"] }));
  equal("function list", "nodelib", (await r.functionList({ LIBRARYNAME: "nodelib" }))[0].library_name);
  await r.functionDelete("nodelib");
}

async function scans(bed, protocol) {
  const r = await client(bed, protocol);
  await r.mSet(numbers(1000).map((it) => [`key:${it}`, String(it)]));
  await r.hSet("hash", Object.fromEntries(numbers(1000).map((it) => [it, it])));
  const seen = new Set();
  for await (const keys of r.scanIterator({ MATCH: "key:*", COUNT: 100 })) {
    keys.forEach((key) => seen.add(key));
  }
  equal("scan", 1000, seen.size);
  let fields = 0;
  for await (const entries of r.hScanIterator("hash")) {
    fields += entries.length;
  }
  equal("hscan", 1000, fields);
}

async function expiry(bed, protocol) {
  const r = await client(bed, protocol);
  await r.set("k", "v", { expiration: { type: "PX", value: 80 } });
  await eventually("it expires", async () => (await r.get("k")) === null);
  await r.set("k", "v", { expiration: { type: "EX", value: 100 } });
  check("ttl", (await r.ttl("k")) > 90);
  equal("persist", 1, Number(await r.persist("k")));
  equal("ttl without an end", -1, await r.ttl("k"));
}

async function errors(bed, protocol) {
  const r = await client(bed, protocol);
  await r.set("s", "abc");
  await refused("a wrong type", "WRONGTYPE Operation against a key holding the wrong kind of value", () => r.lPush("s", "1"));
  await refused("an unknown command", "ERR unknown command 'NOSUCH', with args beginning with: 'a' ", () => r.sendCommand(["NOSUCH", "a"]));
  await refused("a wrong arity", "ERR wrong number of arguments for 'get' command", () => r.sendCommand(["GET"]));
  equal("it still answers", "PONG", await r.ping());
}

async function pools(bed, protocol) {
  const pool = createClientPool({ RESP: protocol, socket: socket(bed) }, { maximum: 8 });
  pool.on("error", () => {});
  await pool.connect();
  bed.ending(() => pool.destroy());
  await together(200, () => pool.incr("n"));
  equal("200 through a pool of 8", "200", await pool.get("n"));
}

async function nothingLost(bed, protocol) {
  const acknowledged = [];
  let stop = false;
  const write = async (writer) => {
    const r = await client(bed, protocol);
    for (let number = 0; !stop; number++) {
      const key = `w${writer}:${number}`;
      // One that was under way when the server died is refused, not tried again.
      await r.set(key, String(number)).then(() => acknowledged.push(key), () => {});
    }
  };
  const all = together(6, write);
  await eventually("writes are acknowledged", () => acknowledged.length > 100);
  await bed.kill();
  const before = acknowledged.length;
  await bed.start();
  await eventually("the same clients write again", () => acknowledged.length > before + 100);
  stop = true;
  await all;
  const r = await client(bed, protocol);
  let lost = 0;
  while (acknowledged.length > 0) {
    const batch = acknowledged.splice(0, 500);
    lost += batch.length - (await r.exists(batch));
  }
  equal("no acknowledged write is lost", 0, lost);
}

const topics = { connect, values, pipelines, transactions, channels, blocking, scripts, scans, expiry, errors, pools };
topics["killed/nothing-lost"] = nothingLost;

async function tracked(bed) {
  const r = await client(bed, 3, { clientSideCache: { ttl: 0, maxEntries: 100 } });
  const other = await client(bed, 3);
  await other.set("k", "1");
  equal("read", ["1", "1"], [await r.get("k"), await r.get("k")]);
  await other.set("k", "2");
  await eventually("another's write is seen", async () => (await r.get("k")) === "2");
}

export const tests = [2, 3]
  .flatMap((protocol) => Object.entries(topics).map(([name, test]) => [`node-redis/resp${protocol}/${name}`, (bed) => test(bed, protocol)]))
  .concat([["node-redis/resp3/tracking", tracked]]);
