package main

import (
	"testing"

	"github.com/pion/rtp"
)

// event is a packet of one: its timestamp, and RFC 4733's payload.
type event struct {
	source, timestamp uint32
	payload           []byte
}

func heard(events []event) string {
	k, told := keys{}, ""
	for _, each := range events {
		if key, pressed := k.hear(rtp.Header{SSRC: each.source, Timestamp: each.timestamp}, each.payload); pressed {
			told += string(key)
		}
	}
	return told
}

func TestEachKeyIsToldOnce(t *testing.T) {
	for name, story := range map[string]struct {
		events []event
		told   string
	}{
		"as telephones send it": {[]event{
			{1, 100, []byte{1, 10, 0, 160}}, {1, 100, []byte{1, 10, 1, 64}}, {1, 100, []byte{1, 0x8a, 1, 64}}, {1, 100, []byte{1, 0x8a, 1, 64}},
			{1, 900, []byte{1, 10, 0, 160}}, {1, 900, []byte{1, 0x8a, 1, 64}},
		}, "11"},
		"from a duration of 0 on":  {[]event{{1, 100, []byte{2, 0x4a, 0, 0}}, {1, 100, []byte{2, 0x8a, 6, 64}}}, "2"},
		"whose end is lost":        {[]event{{1, 100, []byte{3, 10, 0, 160}}, {1, 900, []byte{4, 10, 0, 160}}}, "34"},
		"of which the end is left": {[]event{{1, 100, []byte{11, 0x8a, 6, 64}}}, "#"},
		"overtaken":                {[]event{{1, 900, []byte{5, 10, 0, 160}}, {1, 100, []byte{6, 0x8a, 6, 64}}}, "5"},
		"across the wrap":          {[]event{{1, 0xffffff00, []byte{7, 10, 0, 160}}, {1, 100, []byte{8, 10, 0, 160}}}, "78"},
		"of another source":        {[]event{{1, 900, []byte{9, 10, 0, 160}}, {2, 100, []byte{0, 10, 0, 160}}}, "90"},
		"that are none":            {[]event{{1, 100, []byte{16, 10, 0, 160}}, {1, 900, []byte{1}}}, ""},
	} {
		if told := heard(story.events); told != story.told {
			t.Errorf("%s: %q, not %q", name, told, story.told)
		}
	}
}
