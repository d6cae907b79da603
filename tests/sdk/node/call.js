// Calls a Node SDK as it is told: a line of JSON in, {method, args, of?}; a line out, {value, kept, has} or {error}.
// `of` is the number of an earlier answer whose own method is called; `has` names the methods that an answer has.

const readline = require("node:readline");

const [sdk, key, secret, url] = process.argv.slice(2);
const synchronous = new Set(["generateToken", "generateJwt"]);
const kept = [];

const clients = {
  opentok: () => new (require("opentok"))(key, secret, url),
  vonage: () => {
    const { Auth } = require("@vonage/auth");
    const { Video } = require("@vonage/video");
    return new Video(new Auth({ applicationId: key, privateKey: secret }), { videoHost: url });
  },
};
const client = clients[sdk]();

const publicMethods = (object, prefix = "") =>
  [...new Set([...Object.keys(object), ...Object.getOwnPropertyNames(Object.getPrototypeOf(object))])]
    .filter((name) => name !== "constructor" && !name.startsWith("_") && typeof object[name] === "function")
    .map((name) => prefix + name);

const answer = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
const failure = (error) => ({
  error: { name: error?.constructor?.name ?? "", message: String(error?.message ?? error) },
});

/** What a method gave, with the methods that it has itself. */
const given = (value, count) => {
  const things = Array.isArray(value) ? value : [value];
  const objects = things.filter((each) => each && typeof each === "object" && each.constructor !== Object);
  answer({
    value: value ?? null,
    count: count ?? null,
    kept: objects.map((each) => kept.push(each) - 1),
    has: [...new Set(objects.flatMap((each) => publicMethods(each, `${each.constructor.name}.`)))],
  });
};

process.on("uncaughtException", (error) => answer({ ...failure(error), uncaught: true }));
process.on("unhandledRejection", (error) => answer({ ...failure(error), uncaught: true }));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { method, args, of } = JSON.parse(line);
  if (method === "methods") {
    answer({ value: publicMethods(client) });
    return;
  }
  const target = of === undefined ? client : kept[of];
  try {
    if (synchronous.has(method)) given(target[method](...args));
    else if (sdk === "vonage") {
      Promise.resolve(target[method](...args)).then(given, (error) => answer(failure(error)));
    } else {
      target[method](...args, (error, value, count) => (error ? answer(failure(error)) : given(value, count)));
    }
  } catch (error) {
    answer(failure(error));
  }
});
