import { afterEach, expect, test, vi } from "vitest";
import { captionOf, Captions } from "./Captions";

const ACCESS = { url: "", accessToken: "a", role: "publisher", server: "https://x", token: "t" };

afterEach(() => void vi.unstubAllGlobals());

function server(status = 200) {
  const bodies: unknown[] = [];
  vi.stubGlobal("fetch", (url: string, { body }: { body: string }) => {
    bodies.push([url, JSON.parse(body)]);
    return Promise.resolve(new Response('{"message": "no"}', { status }));
  });
  return bodies;
}

test("what is news is said once, and again to a session that is joined again", async () => {
  const bodies = server();
  const wish = { wanted: true, published: true };
  const captions = new Captions("s", ACCESS, { wanted: () => wish.wanted, published: () => wish.published });
  await Promise.all([captions.tell("wanted"), captions.tell("wanted"), captions.tell("published")]);
  wish.published = false;
  await captions.tell("published");
  captions.again();
  await captions.tell("wanted");
  const wanted = { sessionId: "s", accessToken: "a", wanted: true };
  expect(bodies.map((each) => (each as unknown[])[0])).toEqual(Array(4).fill("https://x/session/captions"));
  expect(bodies.map((each) => (each as unknown[])[1])).toEqual([
    wanted,
    { sessionId: "s", accessToken: "a", published: true },
    { sessionId: "s", accessToken: "a", published: false },
    wanted,
  ]);
});

test("what the server refuses is an error, and is asked again the next time", async () => {
  const bodies = server(403);
  const captions = new Captions("s", ACCESS, { wanted: () => true, published: () => false });
  await captions.tell("published");
  await expect(captions.tell("wanted")).rejects.toMatchObject({ message: "no" });
  await expect(captions.tell("wanted")).rejects.toMatchObject({ message: "no" });
  expect(bodies).toHaveLength(2);
});

test("captions are read as the server sends them, and nothing else is", () => {
  expect(captionOf('{"id": "1", "trackId": "TR_A", "text": "Hello", "final": true}')).toEqual({ trackId: "TR_A", text: "Hello", final: true });
  for (const wrong of ["", "null", "7", '{"text": "x", "final": true}']) expect(captionOf(wrong)).toBeUndefined();
});
