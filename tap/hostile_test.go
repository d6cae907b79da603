package main

import (
	"strings"
	"testing"
)

func TestANameIsOneLineOfText(t *testing.T) {
	for name, want := range map[string]string{
		"Ann":                           "Ann",
		"a\n\n00:00 --> 99:00\n<b>\x00": "a  00:00 --> 99:00 <b>",
		"a\u2028b\u2029c\u0085d":        "a b c d",
		"\xff\xfeAnn\ufffd":             "Ann",
		"\t":                            "",
		"👩🏽‍🚀 प्रिया":                   "👩🏽‍🚀 प्रिया",
	} {
		if got := cleanName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := cleanName(strings.Repeat("é", 5000)); got != strings.Repeat("é", longestName) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestAPictureThatIsTooLargeIsLeftOutUntilAnotherKeyframe(t *testing.T) {
	take, events := takeForTest(t)
	f := feed{s: newSubscription(take, camera, vp8Codec, 90000), now: take.clock.now()}
	huge := vp8Key()
	huge[7], huge[8], huge[9], huge[10] = 0x80, 0x3e, 0x80, 0x3e // 16000x16000
	for i, payload := range [][]byte{vp8Key(), vp8Inter(), huge, vp8Inter(), huge, vp8Key(), vp8Inter()} {
		f.send(uint16(i), uint32(i)*3000, true, payload)
	}
	f.s.end("asked")
	compare(t, events("ticks", "reason", "detail", "width", "frames"),
		"take_opened",
		"file_opened",
		"keyframe_written ticks=0 width=640",
		"track_not_recorded reason=too_large detail=16000x16000",
		"keyframe_written ticks=15000 width=640",
		"packet_timed ticks=18000",
		"file_closed ticks=18000 reason=asked frames=4",
	)
}

func TestAFloodOfDataIsBudgetedAndToldOf(t *testing.T) {
	var b budget
	now, written := int64(1000*second), 0
	for range 60 * 100 { // a minute of 100 messages a second
		if b.spend(now, 100) {
			written++
		}
		now += 10_000
	}
	if most := dataMessages * (dataBurst + 60); written > most || written < most-10 {
		t.Errorf("%d messages written, want %d", written, most)
	}
	if messages, bytes := b.tell(now); messages != 6000-written || bytes != messages*100 {
		t.Errorf("told of %d messages, %d bytes", messages, bytes)
	}
	if messages, _ := b.tell(now + droppedEvery); messages != 0 {
		t.Errorf("told of %d messages twice", messages)
	}
	if b.spend(now, dataBytes*dataBurst) {
		t.Error("one message of all the bytes at once")
	}
}
