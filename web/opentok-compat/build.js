// Builds what takes the place of OpenTok's client: the script, the module that pages import, and the npm package with its types.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = (path) => here(`../dist/opentok-compat/${path}`);
const budget = JSON.parse(readFileSync(here("budget.json"), "utf8"));

/** What the types of the package are read from: the contract, and what stands before it. */
const TYPES = ["index", "named", "OT", "errors", "contract/calls", "contract/objects", "contract/properties", "contract/stats"];

async function bundle(entry, format, file) {
  await build({
    configFile: false,
    root: here(".."),
    logLevel: "warn",
    publicDir: false,
    build: {
      target: "es2022",
      outDir: out(file.split("/").slice(0, -1).join("/")),
      emptyOutDir: false,
      lib: { entry: here(entry), name: "ReelroomOpenTok", formats: [format], fileName: () => file.split("/").at(-1) },
      rolldownOptions: { output: { exports: format === "iife" ? "auto" : "named" } },
      chunkSizeWarningLimit: 900,
    },
  });
  const size = gzipSync(readFileSync(out(file))).length / 1000;
  const allowed = budget["opentok-compat"];
  console.log(`${file}: ${size.toFixed(1)} kB of script, ${allowed} kB allowed`);
  if (size > allowed) throw new Error(`${file} has grown beyond opentok-compat/budget.json`);
}

/** The same declarations for both kinds of module: a relative import names its file, as Node's resolution wants it. */
function declare(folder) {
  for (const name of TYPES) {
    const text = readFileSync(out(`types/opentok-compat/${name}.d.ts`), "utf8");
    const target = out(`package/${folder}/${name}.d.ts`);
    mkdirSync(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    const named = text.replace(/(from |import\()"(\.[^"]*)"/g, '$1"$2.js"');
    writeFileSync(target, name === "index" ? `${named}export as namespace OT;\n` : named);
  }
  writeFileSync(out(`package/${folder}/package.json`), JSON.stringify({ type: folder === "esm" ? "module" : "commonjs" }));
}

rmSync(out("."), { recursive: true, force: true });
await bundle("script.ts", "iife", "opentok.js");
await bundle("module.ts", "es", "opentok.mjs");
await bundle("index.ts", "es", "package/esm/index.js");
await bundle("index.ts", "cjs", "package/cjs/index.js");
execFileSync(process.execPath, [here("../node_modules/typescript/bin/tsc"), "-p", here("package/tsconfig.json")], { stdio: "inherit" });
for (const folder of ["esm", "cjs"]) declare(folder);
rmSync(out("types"), { recursive: true });
for (const name of ["package.json", "README.md"]) copyFileSync(here(`package/${name}`), out(`package/${name}`));
cpSync(here("../../LICENSE"), out("package/LICENSE"));
const npm = process.env.npm_execpath;
const pack = ["pack", "--silent", "--pack-destination", out(".")];
if (npm) execFileSync(process.execPath, [npm, ...pack], { cwd: out("package"), stdio: "ignore" });
else execFileSync("npm", pack, { cwd: out("package"), stdio: "ignore" });
const [packed] = readdirSync(out(".")).filter((name) => name.endsWith(".tgz"));
renameSync(out(packed), out("opentok-client.tgz"));
