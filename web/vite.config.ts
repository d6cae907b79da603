// How the page is built, served while developing, and tested.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The development server hands every call of the API to a Reelroom on this address. */
const server = process.env["REELROOM_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [react()],
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
    proxy: Object.fromEntries(["/session", "/render", "/archive", "/films", "/admin/state", "/openapi.json"].map((path) => [path, server])),
  },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
