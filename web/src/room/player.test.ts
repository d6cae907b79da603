// How a film is walked through.
import { expect, it } from "vitest";
import { afterSilence, at, atMoment, filmKeyOf, linkEnds, momentOf, parseThumbnails, renewal, silencesOf, speedFrom } from "./player";

const pressed = (key: string, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more });

it("finds the picture of a moment", () => {
  const vtt = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nhttps://a/b.jpg?x=1#xywh=0,0,160,90\n\n01:00:01.500 --> 01:00:03.000\nc.jpg#xywh=160,90,160,90\n";
  const found = parseThumbnails(vtt);
  expect(found).toEqual([
    { start: 0, end: 1, url: "https://a/b.jpg?x=1", x: 0, y: 0, width: 160, height: 90 },
    { start: 3601.5, end: 3603, url: "c.jpg", x: 160, y: 90, width: 160, height: 90 },
  ]);
  expect(at(found, 2000)?.url).toBe("https://a/b.jpg?x=1");
  expect(at(found, 9999)?.url).toBe("c.jpg");
  expect(parseThumbnails("nothing")).toEqual([]);
});

it("skips where nobody speaks, and lets everybody breathe", () => {
  const turns = [
    { start: 10, end: 20 },
    { start: 4, end: 11 },
    { start: 21.5, end: 30 },
  ];
  const silences = silencesOf(turns, 60);
  expect(silences).toEqual([
    { start: 0, end: 3.6 },
    { start: 30.4, end: 60 },
  ]);
  expect(afterSilence(silences, 1)).toBe(3.6);
  expect(afterSilence(silences, 3.6)).toBeNull();
  expect(afterSilence(silences, 20.5)).toBeNull();
  expect(afterSilence(silences, 40)).toBe(60);
});

it("leaves keys to the browser and to what has the focus", () => {
  expect(filmKeyOf(pressed(" "), "nothing")).toEqual({ does: "play" });
  expect(filmKeyOf(pressed(" "), "button")).toBeNull();
  expect(filmKeyOf(pressed("K"), "button")).toEqual({ does: "play" });
  expect(filmKeyOf(pressed("k"), "text")).toBeNull();
  expect(filmKeyOf(pressed("f", { ctrlKey: true }), "nothing")).toBeNull();
  expect(filmKeyOf(pressed("7"), "nothing")).toEqual({ does: "share", part: 0.7 });
  expect(filmKeyOf(pressed("ArrowLeft"), "nothing")).toEqual({ does: "by", by: -5 });
  expect(filmKeyOf(pressed("x"), "nothing")).toBeNull();
});

it("reads and writes moments as people do", () => {
  expect([null, "", "83", "1:23", "1m23s", "1h0m1s", "-4", "soon"].map(momentOf)).toEqual([null, null, 83, 83, 83, 3601, null, null]);
  expect(atMoment("https://here/film/a?link=b#secret", 83.9)).toBe("https://here/film/a?link=b&t=83#secret");
  expect(atMoment("https://here/film/a?t=1#secret", null)).toBe("https://here/film/a#secret");
});

it("knows when a link ends, and what is faster", () => {
  expect(linkEnds("https://here/films/a.mp4?expires=12&signature=x")).toBe(12_000);
  expect(linkEnds("/films/a.mp4")).toBeNull();
  expect(linkEnds(null)).toBeNull();
  expect([speedFrom(1, 1), speedFrom(1, -1), speedFrom(2.5, 1), speedFrom(0.5, -1)]).toEqual([1.25, 0.75, 2.5, 0.5]);
});

it("asks for new links before the first of them ends", () => {
  const link = (seconds: number) => `/films/a.mp4?expires=${seconds}`;
  expect(renewal([link(10_000), link(400), null], 100_000)).toBe(240_000);
  expect(renewal([link(100)], 100_000)).toBe(3000);
  expect(renewal([null, "/f.mp4"], 0)).toBeNull();
});
