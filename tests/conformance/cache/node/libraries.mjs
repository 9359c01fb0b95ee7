// What is built on ioredis: BullMQ's queues, redlock's locks, rate-limiter-flexible's limits; all with scripts.
import { Queue, QueueEvents, Worker } from "bullmq";
import { RateLimiterRedis } from "rate-limiter-flexible";
import Redlock from "redlock";
import { check, equal, eventually, numbers, sleep, together } from "./bed.mjs";
import { client } from "./ioredis.mjs";

/** A queue, and connections for whoever works on it. */
function queueOf(bed, name) {
  const connection = () => client(bed, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection: connection() });
  queue.on("error", () => {});
  bed.ending(() => queue.close());
  const work = (process, options = {}) => {
    const worker = new Worker(name, process, { connection: connection(), ...options });
    worker.on("error", () => {});
    bed.ending(() => worker.close(true));
    return worker;
  };
  return { queue, work, connection };
}

async function jobs(bed) {
  const { queue, work, connection } = queueOf(bed, "jobs");
  const events = new QueueEvents("jobs", { connection: connection() });
  bed.ending(() => events.close());
  await events.waitUntilReady();
  work(async (job) => job.data.n * 2, { concurrency: 4 });
  const added = await queue.addBulk(numbers(30).map((n) => ({ name: "twice", data: { n } })));
  const results = await Promise.all(added.map((job) => job.waitUntilFinished(events, 20_000)));
  equal("each result", numbers(30).map((n) => n * 2), results);
  equal("all are completed", 30, (await queue.getJobCounts("completed")).completed);
}

async function retries(bed) {
  const { queue, work } = queueOf(bed, "retries");
  let attempts = 0;
  work(async (job) => {
    attempts++;
    if (job.name === "never" || attempts < 3) {
      throw new Error("on purpose");
    }
    return "at last";
  });
  const job = await queue.add("again", {}, { attempts: 3, backoff: { type: "fixed", delay: 50 } });
  await eventually("its third attempt succeeds", async () => (await job.getState()) === "completed");
  equal("three attempts", 3, attempts);
  const bad = await queue.add("never", {});
  await eventually("one that fails", async () => (await bad.getState()) === "failed");
  equal("its words", "on purpose", (await queue.getJob(bad.id)).failedReason);
  await bad.retry();
  await eventually("tried again, it fails again", async () => (await queue.getJob(bad.id))?.attemptsMade >= 2);
}

async function order(bed) {
  const { queue, work } = queueOf(bed, "order");
  await queue.add("low", {}, { priority: 10 });
  await queue.add("high", {}, { priority: 1 });
  await queue.add("late", {}, { delay: 300 });
  const kept = await queue.add("same", {}, { jobId: "one" });
  equal("the same job again", kept.id, (await queue.add("same", {}, { jobId: "one" })).id);
  await queue.pause();
  const done = [];
  work(async (job) => done.push(job.name));
  await sleep(200);
  equal("none while it pauses", [], done);
  await queue.resume();
  await eventually("by priority, and by time", () => done.length === 4);
  equal("the order of the first three", ["same", "high", "low"], done.filter((it) => it !== "late"));
  equal("none is left", 0, await queue.count());
}

async function queueKilled(bed) {
  const { queue, work } = queueOf(bed, "killed");
  await queue.addBulk(numbers(60).map((n) => ({ name: "note", data: { n } })));
  const done = new Set();
  work(async (job) => {
    await sleep(5);
    done.add(job.data.n);
  }, { lockDuration: 2000, stalledInterval: 500 });
  await eventually("some are done", () => done.size > 10);
  await bed.kill();
  await bed.start();
  await eventually("all are done", () => done.size === 60);
  await queue.add("note", { n: 60 });
  await eventually("and one more", () => done.size === 61);
}

async function oneHolder(bed) {
  const r = client(bed);
  const locks = new Redlock([r], { retryCount: 2000, retryDelay: 5, retryJitter: 5 });
  let inside = 0;
  await together(5, async () => {
    for (let turn = 0; turn < 6; turn++) {
      const lock = await locks.lock("lock", 60_000);
      check("alone", ++inside === 1);
      const now = Number(await r.get("n"));
      await r.set("n", now + 1);
      inside--;
      await lock.unlock();
    }
  });
  equal("5 holders, 6 times each, one at a time", "30", await r.get("n"));
  const lock = await locks.lock("lock", 60_000);
  const extended = await lock.extend(120_000);
  check("extend", (await r.pttl("lock")) > 100_000);
  const other = new Redlock([r], { retryCount: 0 });
  const refusal = await other.lock("lock", 1000).catch((error) => error);
  check("another does not get it", refusal instanceof Redlock.LockError);
  await extended.unlock();
}

async function limits(bed) {
  const limiter = new RateLimiterRedis({ storeClient: client(bed), points: 20, duration: 60 });
  const results = await together(50, () => limiter.consume("who").then(() => true, () => false));
  equal("50 at once, 20 pass", 20, results.filter(Boolean).length);
  const state = await limiter.get("who");
  check("what is left is told", state.remainingPoints === 0 && state.msBeforeNext > 0);
  equal("another has points of its own", 19, (await limiter.consume("other")).remainingPoints);
  await limiter.block("blocked", 100);
  check("who is blocked", await limiter.consume("blocked").then(() => false, () => true));
  await limiter.delete("who");
  equal("after a reset", 19, (await limiter.consume("who")).remainingPoints);
}

export const tests = [
  ["bullmq/jobs", jobs],
  ["bullmq/retries", retries],
  ["bullmq/order", order],
  ["bullmq/killed", queueKilled],
  ["redlock/one-holder", oneHolder],
  ["rate-limiter-flexible/limits", limits],
];
