package main

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// frameOf runs one frame's payloads through a depacketizer.
func frameOf(t *testing.T, d depacketizer, payloads ...[]byte) frame {
	t.Helper()
	d.reset()
	for _, payload := range payloads {
		if err := d.add(payload); err != nil {
			t.Fatal(err)
		}
	}
	f, ok, err := d.finish()
	if err != nil || !ok {
		t.Fatalf("no frame: %v", err)
	}
	return f
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// Beginnings of keyframes as an encoder made them, of 640x360.
const (
	vp8Start = "f043019d012a80026801396b002d1c"
	vp9Start = "824983420027f016744a38241c19"
	// An AV1 sequence header OBU and the beginning of a frame OBU, both without size fields.
	av1Header = "080000000cc4ff67006802"
	av1Frame  = "301e104b501c71c705291a"

	spsBaseline = "6742c0168c680a02f79601e1108d40"
	ppsBaseline = "68ce3c80"
	spsBlank    = "6742c01f0fd91f888884000003000400000300c83c60c920" // the engine's blank picture
	ppsBlank    = "6887cb83cb20"
	spsHigh     = "67640028acd940780227a9b011000003000100000300320f183196" // 1918x1078
)

func TestVP8(t *testing.T) {
	d := &vp8Depacketizer{}
	first, second := []byte{0x90, 0x80, 0x05}, []byte{0x80, 0x80, 0x05}
	f := frameOf(t, d, join(first, unhex(t, vp8Start)), join(second, []byte("rest")))
	if !f.keyframe || f.width != 640 || f.height != 360 {
		t.Errorf("keyframe %v, %dx%d", f.keyframe, f.width, f.height)
	}
	if want := append(unhex(t, vp8Start), "rest"...); !bytes.Equal(f.data, want) {
		t.Errorf("data %x", f.data)
	}
	if f := frameOf(t, d, join(first, []byte{0x31, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})); f.keyframe {
		t.Error("an interframe passed for a keyframe")
	}
	if !d.begins(append(first, 0)) || d.begins(append(second, 0)) {
		t.Error("the first packet of a frame was not recognised")
	}
}

func TestVP8SizeIsWithoutTheScale(t *testing.T) {
	width, height, ok := vp8Keyframe(unhex(t, "f043019d012a80426881"))
	if !ok || width != 640 || height != 360 {
		t.Errorf("%dx%d %v", width, height, ok)
	}
}

func TestVP9(t *testing.T) {
	d := &vp9Depacketizer{}
	// I, B; then I, E. The picture id has 7 bits.
	f := frameOf(t, d, join([]byte{0x88, 5}, unhex(t, vp9Start)), join([]byte{0x84, 5}, []byte("rest")))
	if !f.keyframe || f.width != 640 || f.height != 360 {
		t.Errorf("keyframe %v, %dx%d", f.keyframe, f.width, f.height)
	}
	if want := append(unhex(t, vp9Start), "rest"...); !bytes.Equal(f.data, want) {
		t.Errorf("data %x", f.data)
	}
	if f := frameOf(t, d, join([]byte{0xcc, 6}, []byte{0x86, 0, 0x40, 0x92})); f.keyframe {
		t.Error("an interframe passed for a keyframe")
	}
	d.reset()
	if err := d.add([]byte{0x84, 5, 1, 2}); err == nil {
		t.Error("took the end of a frame for its beginning")
	}
}

func TestVP9LayersGetASuperframeIndex(t *testing.T) {
	d := &vp9Depacketizer{}
	// I, L, F, B, E: layer 0 and then layer 1, which needs layer 0.
	lower := join([]byte{0xbc, 5, 0x00}, unhex(t, vp9Start))
	upper := join([]byte{0xbc, 5, 0x03}, []byte("upper"))
	f := frameOf(t, d, lower, upper)
	size := byte(len(unhex(t, vp9Start)))
	want := join(unhex(t, vp9Start), []byte("upper"), []byte{0xd9, size, 0, 0, 0, 5, 0, 0, 0, 0xd9})
	if !f.keyframe || !bytes.Equal(f.data, want) {
		t.Errorf("keyframe %v, data %x, want %x", f.keyframe, f.data, want)
	}
	if !d.begins(lower) || d.begins(upper) {
		t.Error("an upper layer passed for the first of its picture")
	}
	if !d.begins([]byte{0xfc, 5, 0x02, 0x02, 1}) {
		t.Error("an upper layer alone in its picture was not recognised")
	}
}

func TestAnEncryptedVP9KeyframeIsKnownByItsScalabilityStructure(t *testing.T) {
	d := &vp9Depacketizer{}
	sealed := join([]byte("encrypted, header and all"), make([]byte, 12), []byte{12, 0})
	// I, B, E, V; then a structure of one layer (Y) of 320x180.
	structure := []byte{0x8e, 5, 0x10, 1, 64, 0, 180}
	if f := frameOf(t, d, join(structure, sealed)); !f.keyframe || f.width != 320 || f.height != 180 {
		t.Errorf("keyframe %v, %dx%d", f.keyframe, f.width, f.height)
	}
	if f := frameOf(t, d, join([]byte{0xcc, 5}, sealed)); f.keyframe {
		t.Error("what is predicted from an earlier picture passed for a keyframe")
	}
	if f := frameOf(t, d, join(structure, []byte("neither a keyframe nor encrypted"))); f.keyframe {
		t.Error("what is in clear is known by its own header")
	}
}

func TestH264(t *testing.T) {
	d := newH264Depacketizer()
	sps, pps := unhex(t, spsBaseline), unhex(t, ppsBaseline)
	aggregate := join([]byte{nalSTAPA}, []byte{0, byte(len(sps))}, sps, []byte{0, byte(len(pps))}, pps)
	idr := unhex(t, "65b8000613ff")
	fragments := [][]byte{{0x7c, 0x85, 0xb8, 0x00}, {0x7c, 0x05, 0x06}, {0x7c, 0x45, 0x13, 0xff}}

	frameOf(t, d, append([][]byte{aggregate}, fragments...)...)
	f := frameOf(t, d, append([][]byte{aggregate}, fragments...)...)
	if !f.keyframe || f.width != 640 || f.height != 360 {
		t.Errorf("keyframe %v, %dx%d", f.keyframe, f.width, f.height)
	}
	if want := join([]byte{0, 0, 0, byte(len(idr))}, idr); !bytes.Equal(f.data, want) {
		t.Errorf("data %x, want %x: parameter sets belong into the header of the file", f.data, want)
	}
	if want := unhex(t, "0142c016ffe1000f"+spsBaseline+"010004"+ppsBaseline); !bytes.Equal(f.private, want) {
		t.Errorf("avcC %x, want %x", f.private, want)
	}
	if f := frameOf(t, d, []byte{0x41, 0x9a, 0x01}); f.keyframe || f.private != nil {
		t.Error("an interframe passed for a keyframe")
	}

	d.reset()
	if d.add(fragments[0]) != nil || d.add([]byte{0x41, 0x9a}) == nil {
		t.Error("a NAL unit without its end was taken")
	}
	for _, c := range []struct {
		payload []byte
		begins  bool
	}{
		{aggregate, true}, {fragments[0], true}, {fragments[1], false}, {[]byte{0x41, 0x9a, 0x01}, true},
		{[]byte{0x41, 0x1a, 0x01}, false}, {[]byte{0x68, 0xce, 0x3c, 0x80}, false},
	} {
		if d.begins(c.payload) != c.begins {
			t.Errorf("%x: begins is not %v", c.payload, c.begins)
		}
	}
}

func TestH264RecordFollowsTheSPSInUse(t *testing.T) {
	d := newH264Depacketizer()
	idr := unhex(t, "65b8000613ff")
	first := frameOf(t, d, unhex(t, spsBaseline), unhex(t, ppsBaseline), idr)
	blank := frameOf(t, d, unhex(t, spsBlank), unhex(t, ppsBlank), unhex(t, "6588840af2628000a7be"))
	if blank.width != 2 || blank.height != 2 || bytes.Equal(blank.private, first.private) {
		t.Errorf("the blank picture is %dx%d, avcC %x", blank.width, blank.height, blank.private)
	}
	again := frameOf(t, d, unhex(t, spsBaseline), unhex(t, ppsBaseline), idr)
	if again.width != 640 || !bytes.Equal(again.private, first.private) {
		t.Errorf("back at %dx%d, avcC %x", again.width, again.height, again.private)
	}
}

func TestH264KeyframeWithoutParameterSetsIsNone(t *testing.T) {
	if f := frameOf(t, newH264Depacketizer(), unhex(t, "65b8000613ff")); f.keyframe {
		t.Error("nobody could decode this")
	}
}

func TestSPS(t *testing.T) {
	info, err := parseSPS(unhex(t, spsHigh))
	if err != nil || info.width != 1918 || info.height != 1078 || info.profile != 100 || info.chroma != 1 {
		t.Errorf("%+v %v", info, err)
	}
	for n := range len(unhex(t, spsHigh)) {
		_, _ = parseSPS(unhex(t, spsHigh)[:n]) // whatever arrives, it must not panic
	}
}

func TestAV1(t *testing.T) {
	d := &av1Depacketizer{}
	header, start := unhex(t, av1Header), unhex(t, av1Frame)
	// W=2, Y, N: the header with its length, then the first fragment of the frame; then Z, W=1: the rest.
	first := join([]byte{0x68, byte(len(header))}, header, start)
	f := frameOf(t, d, first, join([]byte{0x90}, []byte("rest")))
	if !f.keyframe || f.width != 640 || f.height != 360 {
		t.Errorf("keyframe %v, %dx%d", f.keyframe, f.width, f.height)
	}
	sized := join([]byte{0x0a, byte(len(header) - 1)}, header[1:])
	want := join(sized, []byte{0x32, byte(len(start) - 1 + 4)}, start[1:], []byte("rest"))
	if !bytes.Equal(f.data, want) {
		t.Errorf("data %x, want %x", f.data, want)
	}
	if want := join(unhex(t, "81010c00"), sized); !bytes.Equal(f.private, want) {
		t.Errorf("av1C %x, want %x", f.private, want)
	}
	if f := frameOf(t, d, []byte{0x10, 0x30, 0x20, 1, 2}); f.keyframe {
		t.Error("an interframe passed for a keyframe")
	}
	if !d.begins(first) || d.begins([]byte{0x90, 1, 2}) || d.begins([]byte{0x10, 4 << 3, 2}) {
		t.Error("the first packet of a temporal unit was not recognised")
	}
	d.reset()
	if err := d.add([]byte{0x90, 1, 2}); err == nil {
		t.Error("took the rest of an OBU for a whole one")
	}
}

func TestOpus(t *testing.T) {
	f := frameOf(t, &opusDepacketizer{}, []byte{0xfc, 1, 2})
	if !f.keyframe || !bytes.Equal(f.data, []byte{0xfc, 1, 2}) || len(f.private) != 19 {
		t.Errorf("%+v", f)
	}
}

// FuzzDepacketizers: whatever arrives, no depacketizer may panic.
func FuzzDepacketizers(f *testing.F) {
	f.Add([]byte{0x90, 0x80, 0x05, 1, 2, 3}, []byte{0x7c, 0x85, 0xb8})
	f.Add([]byte{nalSTAPA, 0, 1, 0x67}, []byte{0x68, 3, 0x08, 0, 0})
	f.Add([]byte{0x67, 0x64, 0, 0x28}, []byte{0x65, 0xb8})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, c := range knownCodecs {
			d := c.open()
			d.reset()
			for _, payload := range [][]byte{first, second} {
				if len(payload) > 0 {
					d.begins(payload)
					if d.add(payload) != nil {
						break
					}
				}
			}
			d.closed()
			_, _, _ = d.finish()
		}
	})
}
