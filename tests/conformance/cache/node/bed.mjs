// What a test is run against, and what it checks with.
import assert from "node:assert";
import readline from "node:readline";

/** How long something may take that is waited for. */
export const PATIENCE_MS = 40_000;

/** What a check says when it does not hold. */
export class Failure extends Error {}

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The next line of standard input, none at its end. */
export async function readLine() {
  const { value, done } = await lines.next();
  return done ? undefined : value.trim();
}

/** A server without keys, and somebody who kills it. */
export class Bed {
  constructor(address, settings) {
    this.address = address;
    [this.host, this.port] = [address.split(":")[0], Number(address.split(":")[1])];
    this.settings = settings;
    this.ends = [];
  }

  /** Something that ends with the test. */
  ending(end) {
    this.ends.push(end);
  }

  async end() {
    for (const end of this.ends.splice(0).reverse()) {
      await Promise.race([Promise.resolve().then(end).catch(() => {}), sleep(2000)]);
    }
  }

  /** kill -9 of the server. */
  async kill() {
    await this.#ask(`harm kill ${this.address}`);
  }

  /** Starts the killed server and waits until it serves. */
  async start() {
    await this.#ask(`harm start ${this.address}`);
  }

  async #ask(harm) {
    console.log(harm);
    const answer = await readLine();
    if (answer !== "done") {
      throw new Failure(`\`${harm}\` was answered with \`${answer}\``);
    }
  }
}

/** What is true. */
export function check(what, holds) {
  if (!holds) {
    throw new Failure(`not so: ${what}`);
  }
  console.log(`  ${what}`);
}

/** What is equal, without regard to the kind of an object. */
export function equal(what, expected, came) {
  try {
    assert.deepEqual(came, expected);
  } catch {
    throw new Failure(`${what}: expected ${JSON.stringify(expected)}, came ${JSON.stringify(came)}`);
  }
  console.log(`  ${what}`);
}

/** What is refused, and with which words. */
export async function refused(what, words, attempt) {
  let came;
  try {
    came = await attempt();
  } catch (error) {
    equal(`${what} is refused`, words, error.message);
    return;
  }
  throw new Failure(`${what}: not refused: ${JSON.stringify(came)}`);
}

/** What becomes true. */
export async function eventually(what, holds) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Failure(`not so after ${PATIENCE_MS / 1000} s: ${what}`);
    }
    await sleep(10);
  }
  console.log(`  ${what}`);
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** `work(0)`, `work(1)`, ... at once. */
export const together = (count, work) => Promise.all(Array.from({ length: count }, (_, index) => work(index)));

/** Numbers below `count`. */
export const numbers = (count) => Array.from({ length: count }, (_, index) => index);
