// The ids of streams as applications see them: UUIDs of version 5 (RFC 9562), concluded from the engine's ids of tracks
// as src/reelroom/opentok/stream_ids.py concludes them. Written out, since the browser's own SHA-1 answers later only.

const STREAMS = "6f1d3c1e-5a0b-4b8e-9c43-2f6a1e0d7b52"; // the namespace; stream_ids.py has the same

/** The id of the stream that goes by this track (`TR_…`): its picture's, or its sound's where it has no picture. */
export function streamIdOfTrack(track: string): string {
  const namespace = Array.from(STREAMS.replaceAll("-", "").matchAll(/../g), ([pair]) => parseInt(pair, 16));
  const digest = sha1([...namespace, ...new TextEncoder().encode(track)]);
  digest.setUint8(6, (digest.getUint8(6) & 0x0f) | 0x50); // the version
  digest.setUint8(8, (digest.getUint8(8) & 0x3f) | 0x80); // the variant
  const hex = Array.from({ length: 16 }, (_, at) => digest.getUint8(at).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by));

/** FIPS 180-4. */
function sha1(message: number[]): DataView {
  const padded = new DataView(new ArrayBuffer(((message.length + 8) >> 6) * 64 + 64));
  message.forEach((byte, at) => { padded.setUint8(at, byte); });
  padded.setUint8(message.length, 0x80);
  padded.setUint32(padded.byteLength - 4, message.length * 8);
  const digest = new DataView(new ArrayBuffer(20));
  [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0].forEach((word, at) => { digest.setInt32(at * 4, word); });
  const schedule = new DataView(new ArrayBuffer(80 * 4));
  const word = (at: number) => schedule.getInt32(at * 4);
  for (let block = 0; block < padded.byteLength; block += 64) {
    const before = [0, 4, 8, 12, 16].map((at) => digest.getInt32(at)) as [number, number, number, number, number];
    let [a, b, c, d, e] = before;
    for (let at = 0; at < 80; at += 1) {
      schedule.setInt32(at * 4, at < 16 ? padded.getInt32(block + at * 4) : rotate(word(at - 3) ^ word(at - 8) ^ word(at - 14) ^ word(at - 16), 1));
      const [mixed, constant] =
        at < 20 ? [(b & c) | (~b & d), 0x5a827999] as const
        : at < 40 ? [b ^ c ^ d, 0x6ed9eba1] as const
        : at < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc] as const
        : [b ^ c ^ d, 0xca62c1d6] as const;
      [a, b, c, d, e] = [(rotate(a, 5) + mixed + e + constant + word(at)) | 0, a, rotate(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((value, at) => { digest.setInt32(at * 4, digest.getInt32(at * 4) + value); });
  }
  return digest;
}
