package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// takeForTest opens a take in a temporary folder. The function that it returns reads the events, each as
// "event field=value …" of the fields that are asked for.
func takeForTest(t *testing.T) (*take, func(fields ...string) []string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "take.json"), []byte(`{"id":"take-1","sessionId":"s"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	take, err := openTake(folder, startClock(), func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { take.events.file.Close() })
	return take, func(fields ...string) []string {
		text, err := os.ReadFile(filepath.Join(folder, "events.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for line := range strings.Lines(string(text)) {
			var e map[string]any
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			words := []string{e["event"].(string)}
			for _, field := range fields {
				if value, ok := e[field]; ok {
					word, _ := json.Marshal(value)
					words = append(words, field+"="+strings.Trim(string(word), `"`))
				}
			}
			out = append(out, strings.Join(words, " "))
		}
		return out
	}
}

// feed sends packets to a subscription as a network would.
type feed struct {
	s *subscription
	// At which time, in µs on the tap's clock, the next packet arrives.
	now      int64
	requests int
	missing  []uint16 // asked for again
}

func (f *feed) send(sequence uint16, timestamp uint32, marker bool, payload []byte) {
	p := packets.Get().(*packet)
	p.sequence, p.timestamp, p.marker, p.payloadType = sequence, timestamp, marker, 96
	p.payload = append(p.buffer[:0], payload...)
	p.arrived = f.now
	_, wanted := f.s.receive(p, nil)
	if wanted.keyframe {
		f.requests++
	}
	f.missing = append(f.missing, wanted.missing...)
}

var vp8Codec = knownCodecs["video/vp8"]

func vp8Key() []byte {
	return append([]byte{0x10}, 0xf0, 0x43, 0x01, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 9)
}
func vp8Inter() []byte { return []byte{0x10, 0x31, 1, 2, 3} }

func compare(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestAVideoTrackBecomesAFile(t *testing.T) {
	take, events := takeForTest(t)
	f := feed{s: newSubscription(take, camera, vp8Codec, 90000), now: take.clock.now()}
	f.send(65533, 4294960000, true, vp8Inter()) // before the first keyframe: nobody could show it
	f.s.senderReport(&rtcp.SenderReport{RTPTime: 4294963600, NTPTime: (ntpEpoch + 1000) << 32})
	f.now += 100_000
	f.send(65534, 4294966000, true, vp8Key()) // tick 0 lies just before the wrap
	f.now += 33_000
	f.send(65535, 4294966000+3000-1<<32, true, vp8Inter())
	f.now += 67_000
	f.send(0, 4294966000+9000-1<<32, true, vp8Inter())
	f.now += 1_000_000
	f.send(3, 4294966000+99000-1<<32, true, vp8Inter()) // 1 and 2 are missing
	f.now += reorderBudget + 1000                       // while ticks count 200 ms
	f.send(4, 4294966000+117000-1<<32, true, vp8Inter())
	f.s.end("unsubscribed")
	f.s.end("asked") // it is over already
	f.send(5, 4294966000+120000-1<<32, true, vp8Inter())

	compare(t, events("file", "ticks", "first_rtp", "offset", "width", "count", "frames", "reason", "ntp"),
		"take_opened",
		"file_opened file=tracks/1-TR_1-1.mkv first_rtp=4294966000",
		"sender_reported file=tracks/1-TR_1-1.mkv ticks=-2400 ntp=1000000000",
		"keyframe_written file=tracks/1-TR_1-1.mkv ticks=0 offset=131 width=640",
		"packet_timed file=tracks/1-TR_1-1.mkv ticks=3000",
		"packet_timed file=tracks/1-TR_1-1.mkv ticks=99000",
		"arrivals_stepped file=tracks/1-TR_1-1.mkv ticks=117000",
		"packets_lost file=tracks/1-TR_1-1.mkv ticks=99000 count=2",
		"packet_timed file=tracks/1-TR_1-1.mkv ticks=117000",
		"file_closed file=tracks/1-TR_1-1.mkv ticks=117000 frames=5 reason=unsubscribed",
	)
	data, err := os.ReadFile(filepath.Join(take.folder, "tracks/1-TR_1-1.mkv"))
	if err != nil {
		t.Fatal(err)
	}
	_, blocks := readBack(t, data)
	var times []int64
	for _, b := range blocks {
		times = append(times, b.ms)
	}
	if len(times) != 5 || times[0] != 0 || times[1] != 33 || times[2] != 100 || times[3] != 1100 || times[4] != 1300 {
		t.Errorf("blocks at %v", times)
	}
	if f.requests != 0 {
		t.Errorf("%d keyframe requests, want none: the engine asks at the start, and after a loss there is time", f.requests)
	}
}

func TestAMissingPacketIsGivenUpWithoutAnotherOne(t *testing.T) {
	take, events := takeForTest(t)
	f := feed{s: newSubscription(take, camera, vp8Codec, 90000), now: take.clock.now()}
	f.send(1, 0, true, vp8Key())
	f.send(3, 6000, true, vp8Inter())
	f.now += askAfter
	f.send(4, 9000, true, vp8Inter())
	if !slices.Equal(f.missing, []uint16{2}) {
		t.Errorf("asked for %v again", f.missing)
	}
	if got := events(); strings.Contains(strings.Join(got, " "), "packets_lost") {
		t.Errorf("gave up at once: %v", got)
	}
	time.Sleep(reorderBudget*time.Microsecond + 100*time.Millisecond)
	compare(t, events("count"), "take_opened", "file_opened", "keyframe_written", "packet_timed", "packets_lost count=1")
	f.s.end("asked")
}

func TestNewParameterSetsStartANewFile(t *testing.T) {
	take, events := takeForTest(t)
	f := feed{s: newSubscription(take, camera, knownCodecs["video/h264"], 90000), now: take.clock.now()}
	sequence := uint16(0)
	keyframe := func(timestamp uint32, sps, pps, idr string) {
		for i, unit := range []string{sps, pps, idr} {
			sequence++
			f.send(sequence, timestamp, i == 2, unhex(t, unit))
		}
	}
	keyframe(0, spsBaseline, ppsBaseline, "65b8000613ff")
	keyframe(3000, spsBaseline, ppsBaseline, "65b8000613ff")
	keyframe(6000, spsBlank, ppsBlank, "6588840af2628000a7be")
	f.s.end("unsubscribed")
	compare(t, events("file", "width", "frames", "reason"),
		"take_opened",
		"file_opened file=tracks/1-TR_1-1.mkv",
		"keyframe_written file=tracks/1-TR_1-1.mkv width=640",
		"keyframe_written file=tracks/1-TR_1-1.mkv width=640",
		"packet_timed file=tracks/1-TR_1-1.mkv",
		"file_closed file=tracks/1-TR_1-1.mkv frames=2 reason=codec_changed",
		"file_opened file=tracks/1-TR_1-2.mkv",
		"keyframe_written file=tracks/1-TR_1-2.mkv width=2",
		"packet_timed file=tracks/1-TR_1-2.mkv",
		"file_closed file=tracks/1-TR_1-2.mkv frames=1 reason=unsubscribed",
	)
}

func TestAPauseInSoundIsNoLoss(t *testing.T) {
	take, events := takeForTest(t)
	f := feed{s: newSubscription(take, published{participant: "bob", track: "TR_2", kind: "audio", source: "microphone"}, knownCodecs["audio/opus"], 48000), now: take.clock.now()}
	f.send(1, 1000, true, []byte{0xfc, 1})
	f.now += 20_000
	f.send(2, 1960, false, []byte{0xfc, 2})
	f.now += 400_000
	f.send(3, 1960+19200, true, []byte{0xfc, 3}) // the marker begins a talkspurt in sound
	f.s.end("asked")
	compare(t, events("ticks", "channels", "frames"),
		"take_opened", "file_opened channels=2", "packet_timed ticks=0", "file_closed ticks=20160 frames=3",
	)
}

func TestAnEncryptedTrackIsWrittenAsItIsAndSaysSo(t *testing.T) {
	take, events := takeForTest(t)
	hidden := camera
	hidden.encrypted = true
	newPeople(take, func(string, []string) {}).publish(alice, hidden, false)
	f := feed{s: newSubscription(take, hidden, vp8Codec, 90000), now: take.clock.now()}
	f.send(1, 0, true, vp8Key())
	f.s.end("asked")
	compare(t, events("encrypted", "frames"),
		"take_opened", "participant_joined", "track_published encrypted=true",
		"file_opened encrypted=true", "keyframe_written", "packet_timed", "file_closed frames=1",
	)
}

func TestAClockThatStopsOrLeapsIsToldAtOnce(t *testing.T) {
	take, events := takeForTest(t)
	f := feed{s: newSubscription(take, published{participant: "a", track: "TR_1", kind: "audio", source: "microphone"},
		knownCodecs["audio/opus"], 48000), now: take.clock.now()}
	packet := []byte{0xf8, 1, 2}
	sequence, timestamp := uint16(0), uint32(1000)
	send := func(after int64, ticks int32) {
		f.now += after
		timestamp += uint32(ticks)
		f.send(sequence, timestamp, true, packet)
		sequence++
	}
	send(0, 0)
	send(20_000, 960)
	send(5_020_000, 960)          // it stood still for 5 s
	send(130_000, 960)            // late, but the line may do that
	send(120_000, 960+3600*48000) // it leapt by an hour
	send(120_000, 960-3600*48000) // and back: as if it had come round
	f.s.end("asked")
	var steps []string
	for _, line := range events("ticks", "before", "by") {
		if strings.HasPrefix(line, "arrivals_stepped") {
			steps = append(steps, line)
		}
	}
	compare(t, steps,
		"arrivals_stepped ticks=1920 before=960 by=5000000",
		"arrivals_stepped ticks=172803840 before=2880 by=-3599900000",
		"arrivals_stepped ticks=4294972096 before=172803840 by=-85878385333",
	)
}
