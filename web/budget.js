// Fails when the built page makes somebody load more script than budget.json (kB, gzip) allows at first.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

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

const entries = { page: "index.html", embed: "src/embed.ts" };
for (const [name, entry] of Object.entries(entries)) {
  const files = [...filesOf(entry)].map((file) => manifest[file].file).filter((file) => file.endsWith(".js"));
  const size = files.reduce((sum, file) => sum + gzipSync(read(`dist/${file}`)).length, 0) / 1000;
  const allowed = budget[name];
  console.log(`${name}: ${size.toFixed(1)} kB of script at first, ${allowed} kB allowed`);
  if (size > allowed) process.exitCode = 1;
}
