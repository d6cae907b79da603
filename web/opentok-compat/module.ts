// The module that a page without a bundler imports from the server.
import { setProxyUrl } from "./OT";

setProxyUrl(new URL(import.meta.url).origin);

export * from "./named";
export * as default from "./named";
