// How the page is built, served while developing, and tested.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The development server hands every call of the API to a Reelroom on this address. */
const server = process.env["REELROOM_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [react()],
  build: { target: "es2022", assetsDir: "assets", assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  server: { proxy: { "/session": server, "/render": server, "/archive": server } },
  test: { include: ["{src,opentok-compat}/**/*.test.{ts,tsx}"] },
});
