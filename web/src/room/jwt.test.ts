// What tokens say about themselves.
import { expect, it } from "vitest";
import { decodeJwt, sessionOf } from "./jwt";

const jwt = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/u, "")}.sig`;

it("reads the claims of a JWT, and nothing of anything else", () => {
  expect(decodeJwt(jwt({ video: { room: "r" } }))).toEqual({ video: { room: "r" } });
  expect([decodeJwt(""), decodeJwt("a.b.c"), decodeJwt("a.!.c")]).toEqual([null, null, null]);
});

it("finds the session that an OpenTok token opens", () => {
  expect(sessionOf(`T1==${btoa("partner_id=1&sig=ab:session_id=1_MX4-x&role=publisher")}`)).toBe("1_MX4-x");
  expect([sessionOf("T1==!"), sessionOf("x")]).toEqual([null, null]);
});
