// Calls the Node SDK as it is told: a line of JSON in, {method, args}; a line out, {value} or {error}.

const readline = require("node:readline");
const OpenTok = require("opentok");

const [key, secret, url] = process.argv.slice(2);
const client = new OpenTok(key, secret, url);
const synchronous = new Set(["generateToken"]);

const answer = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
const failure = (error) => ({
  error: { name: error.constructor?.name ?? "", message: String(error.message ?? error) },
});

process.on("uncaughtException", (error) => answer({ ...failure(error), uncaught: true }));
process.on("unhandledRejection", (error) => answer({ ...failure(error), uncaught: true }));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { method, args } = JSON.parse(line);
  try {
    if (synchronous.has(method)) {
      answer({ value: client[method](...args) });
      return;
    }
    client[method](...args, (error, value, count) => {
      answer(error ? failure(error) : { value: value ?? null, count: count ?? null });
    });
  } catch (error) {
    answer(failure(error));
  }
});
