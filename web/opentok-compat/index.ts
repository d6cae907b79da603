// What an application imports in the place of @opentok/client or @vonage/client-sdk-video: by name, or all of it as `OT`.
export * from "./named";
export * as default from "./named";
