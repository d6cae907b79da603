package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

var fuzzed = []string{"audio/opus", "video/vp8", "video/vp9", "video/h264", "video/av1"}

// script is packets as a fuzzer writes them: each has its step of numbers, its flags and its length before its payload.
func script(payloads ...[]byte) []byte {
	var out []byte
	for _, payload := range payloads {
		out = append(out, 1, 1)
		out = binary.BigEndian.AppendUint16(out, uint16(len(payload)))
		out = append(out, payload...)
	}
	return out
}

// FuzzPayloads sends packets of any content, in any order, as any codec: the tap must neither fall nor write a file
// that is not of whole elements, nor one whose pictures are too large.
func FuzzPayloads(f *testing.F) {
	f.Add(uint8(0), script([]byte{0x78, 1, 2, 3}, []byte{0x78}))
	f.Add(uint8(1), script(vp8Key(), vp8Inter()))
	f.Add(uint8(2), script([]byte{0x8f, 0x80, 0x81, 0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x70}))
	f.Add(uint8(3), script([]byte{0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe8}, []byte{0x68, 0xce, 0x38}, []byte{0x65, 1}, []byte{0x7c, 0x85, 1}, []byte{0x78, 0, 2, 0x41, 1}))
	f.Add(uint8(4), script([]byte{0x18, 0x0a, 0x0b, 0, 0, 0, 0x2d, 0x4c, 0xff, 0xb3, 0xc0, 0x21, 0x95}, []byte{0x10, 0x32, 1}))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		codec := knownCodecs[fuzzed[int(kind)%len(fuzzed)]]
		take, events := takeForTest(t)
		about := published{participant: "eve", track: "TR_1", kind: codec.name, source: "camera"}
		about.kind = "video"
		if codec.name == "opus" {
			about.kind = "audio"
		}
		sent := feed{s: newSubscription(take, about, codec, 90000), now: take.clock.now()}
		sequence, timestamp := uint16(65530), uint32(1<<32-9000)
		for len(data) >= 4 {
			step, flags := data[0], data[1]
			length := min(int(binary.BigEndian.Uint16(data[2:4])), len(data)-4, 1400)
			sequence += uint16(int8(step))
			timestamp += uint32(flags>>1) * 1500
			sent.now += int64(flags) * 1000
			sent.send(sequence, timestamp, flags&1 != 0, data[4:4+length])
			data = data[4+length:]
		}
		sent.now += 10_000_000
		sent.send(sequence+1, timestamp+3000, true, nil)
		sent.s.end("asked")
		events() // each line is JSON
		files, err := filepath.Glob(filepath.Join(take.folder, "tracks", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			written, err := os.ReadFile(file)
			if err != nil || len(written) < 40 {
				t.Fatalf("%s: %d bytes, %v", file, len(written), err)
			}
		}
	})
}

// FuzzNames holds that whatever somebody is called, it is one line of text of a bounded length.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"Ann", "a\nb", "\xff\u2028", "👩🏽‍🚀"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean := cleanName(name)
		if count := len([]rune(clean)); count > longestName {
			t.Fatalf("%d characters", count)
		}
		for _, r := range clean {
			if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfffd {
				t.Fatalf("%q has %U", clean, r)
			}
		}
		if again := cleanName(clean); again != clean {
			t.Fatalf("%q becomes %q", clean, again)
		}
	})
}
