// How the page is built, served while developing, and tested.
import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The development server hands every call of the API to a Reelroom on this address. */
const server = process.env["REELROOM_URL"] ?? "http://127.0.0.1:8080";

/** What finds a person in a picture: files that its own script asks for by their names (src/room/Blur.ts). */
const BLUR_FILES = [
  "selfie_segmentation.js",
  "selfie_segmentation.binarypb",
  "selfie_segmentation_landscape.tflite",
  "selfie_segmentation_solution_simd_wasm_bin.js",
  "selfie_segmentation_solution_simd_wasm_bin.wasm",
  "selfie_segmentation_solution_wasm_bin.js",
  "selfie_segmentation_solution_wasm_bin.wasm",
];

function blurFiles(): Plugin {
  const read = (name: string) => readFileSync(new URL(`node_modules/@mediapipe/selfie_segmentation/${name}`, import.meta.url));
  return {
    name: "blur-files",
    apply: "build",
    generateBundle() {
      for (const name of BLUR_FILES) this.emitFile({ type: "asset", fileName: `assets/blur/${name}`, source: read(name) });
    },
  };
}

export default defineConfig({
  base: "/",
  plugins: [react(), blurFiles()],
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 950,
    manifest: true,
    rolldownOptions: {
      input: { page: "index.html", "reelroom-room": "src/embed.ts" },
      // Other people's pages name the embed: its address never changes.
      output: {
        entryFileNames: ({ name }) => (name === "reelroom-room" ? "embed/[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: {
    proxy: Object.fromEntries(["/session", "/rooms", "/render", "/archive", "/films", "/admin/state", "/openapi.json"].map((path) => [path, server])),
  },
  test: { include: ["{src,opentok-compat}/**/*.test.{ts,tsx}"] },
});
