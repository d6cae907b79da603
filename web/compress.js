// Packs what the page is made of, as browsers read it: the server sends the smallest that whoever asks can unpack.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = new URL("dist/", import.meta.url);
/** Pictures, fonts and archives are packed already. */
const PACKS = /\.(js|mjs|css|svg|wasm|tflite|binarypb|webmanifest)$/;
const SMALLEST = 1000;

for (const name of readdirSync(root, { recursive: true })) {
  if (!PACKS.test(name) || name.startsWith("opentok-compat/package")) continue;
  const content = readFileSync(new URL(name, root));
  if (content.length < SMALLEST) continue;
  const settings = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(new URL(`${name}.br`, root), brotliCompressSync(content, { params: settings }));
  writeFileSync(new URL(`${name}.gz`, root), gzipSync(content, { level: 9 }));
}
