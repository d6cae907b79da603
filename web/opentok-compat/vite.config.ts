// How the script is built: one file at a fixed address, which a page loads in the place of OpenTok's own.
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import budget from "./budget.json" with { type: "json" };

/** Fails when the script has grown beyond budget.json (kB, gzip). */
function keepBudget(): Plugin {
  return {
    name: "keep-budget",
    generateBundle(_options, files) {
      for (const file of Object.values(files)) {
        if (file.type !== "chunk") continue;
        const size = gzipSync(file.code).length / 1000;
        const text = `${file.fileName}: ${size.toFixed(1)} kB of script, ${budget["opentok-compat"]} kB allowed`;
        if (size > budget["opentok-compat"]) this.error(text);
        console.log(text);
      }
    },
  };
}

export default defineConfig({
  plugins: [keepBudget()],
  build: {
    target: "es2022",
    outDir: "dist/opentok-compat",
    emptyOutDir: true,
    lib: { entry: "opentok-compat/index.ts", name: "ReelroomOpenTok", formats: ["iife"], fileName: () => "opentok.js" },
    chunkSizeWarningLimit: 900,
  },
});
