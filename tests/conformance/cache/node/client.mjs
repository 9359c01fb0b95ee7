// The program: runs tests of ioredis, node-redis and of libraries on them by name. README.md of the folder above says what it
// reads and prints.
import { Bed, Failure, readLine } from "./bed.mjs";
import * as ioredis from "./ioredis.mjs";
import * as libraries from "./libraries.mjs";
import * as nodeRedis from "./node-redis.mjs";

const tests = new Map([...ioredis.tests, ...nodeRedis.tests, ...libraries.tests]);

async function one(bed, name) {
  try {
    const test = tests.get(name);
    if (test === undefined) {
      throw new Failure("there is no such test");
    }
    await ioredis.empty(bed);
    await test(bed);
    console.log(`ok ${name}`);
    return true;
  } catch (error) {
    console.error(error);
    const place = /[a-z-]+\.mjs:\d+/g;
    const where = (error.stack ?? "").match(place)?.find((at) => !at.startsWith("bed.mjs")) ?? "";
    console.log(`FAILED ${name}: ${error.message} (${where})`.replaceAll("\n", " "));
    return false;
  } finally {
    await bed.end();
  }
}

async function main([word, address, ...settings]) {
  if (word === "list") {
    console.log([...tests.keys()].join("\n"));
    return true;
  }
  if (address === undefined) {
    console.error("usage: client.mjs list | (serve|all|NAME) HOST:PORT [KEY=VALUE...]");
    return false;
  }
  const bed = new Bed(address, Object.fromEntries(settings.map((setting) => setting.split("="))));
  let good = true;
  if (word === "serve") {
    for (let name = await readLine(); name !== undefined; name = await readLine()) {
      good = (await one(bed, name)) && good;
    }
  } else {
    for (const name of word === "all" ? tests.keys() : [word]) {
      good = (await one(bed, name)) && good;
    }
  }
  return good;
}

// A library's promise that nobody waits for fails no test.
process.on("unhandledRejection", (error) => console.error("unhandled", error));
process.exit((await main(process.argv.slice(2))) ? 0 : 1);
