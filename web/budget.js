// Fails when the built page has a browser fetch more at first than budget.json (kB, as it is sent) allows.
import { existsSync, readFileSync, statSync } from "node:fs";

const read = (path) => readFileSync(new URL(path, import.meta.url));
const budget = JSON.parse(read("budget.json"));
const manifest = JSON.parse(read("dist/.vite/manifest.json"));

/** A file and everything that it imports before it runs. */
function filesOf(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const imported of manifest[entry].imports ?? []) filesOf(imported, seen);
  return seen;
}

/** What goes over the wire to a browser that reads no more than gzip. */
function sent(file) {
  const packed = new URL(`dist/${file}.gz`, import.meta.url);
  return statSync(existsSync(packed) ? packed : new URL(`dist/${file}`, import.meta.url)).size;
}

const entries = { page: "index.html", embed: "src/embed.ts" };
for (const [name, entry] of Object.entries(entries)) {
  const chunks = [...filesOf(entry)].map((file) => manifest[file]);
  const files = new Set(chunks.flatMap(({ file, css = [] }) => [file, ...css]));
  if (entry.endsWith(".html")) files.add(entry);
  const size = [...files].reduce((sum, file) => sum + sent(file), 0) / 1000;
  const allowed = budget[name];
  console.log(`${name}: ${size.toFixed(1)} kB at first, ${allowed} kB allowed`);
  if (size > allowed) process.exitCode = 1;
}
