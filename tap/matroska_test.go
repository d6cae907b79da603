package main

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"
)

// counting notes how many writes there were.
type counting struct {
	bytes.Buffer
	writes int
}

func (c *counting) Write(data []byte) (int, error) {
	c.writes++
	return c.Buffer.Write(data)
}

type block struct {
	ms       int64
	keyframe bool
	data     string
}

// readBack parses a file with ebml-go.
func readBack(t *testing.T, data []byte) (webm.TrackEntry, []block) {
	t.Helper()
	var file struct {
		Header  webm.EBMLHeader    `ebml:"EBML"`
		Segment webm.SegmentStream `ebml:"Segment,size=unknown"`
	}
	if err := ebml.Unmarshal(bytes.NewReader(data), &file); err != nil {
		t.Fatal(err)
	}
	if file.Header.DocType != "matroska" || file.Segment.Info.TimecodeScale != 1_000_000 || len(file.Segment.Tracks.TrackEntry) != 1 {
		t.Errorf("%+v %+v", file.Header, file.Segment.Info)
	}
	var blocks []block
	for _, cluster := range file.Segment.Cluster {
		for _, b := range cluster.SimpleBlock {
			blocks = append(blocks, block{int64(cluster.Timecode) + int64(b.Timecode), b.Keyframe, string(b.Data[0])})
		}
	}
	return file.Segment.Tracks.TrackEntry[0], blocks
}

func TestVideoFile(t *testing.T) {
	var out counting
	m, err := newMatroska(&out, trackSpec{codecID: "V_VP8", width: 640, height: 360})
	if err != nil {
		t.Fatal(err)
	}
	frames := []struct {
		block
		cluster bool
	}{
		{block{0, true, "key"}, true}, {block{33, false, "inter"}, false}, {block{4999, false, "late"}, false},
		{block{5000, false, "five seconds"}, true}, {block{5033, true, "key again"}, true}, {block{5033, false, "same time"}, false},
		{block{90_000_000, false, "after a day of mute"}, true}, {block{89_999_990, false, "10 ms back"}, false},
	}
	var want []block
	for i, f := range frames {
		before := int64(out.Len())
		cluster, err := m.write(f.ms, f.keyframe, []byte(f.data))
		if err != nil {
			t.Fatal(err)
		}
		if out.writes != i+1 {
			t.Errorf("%q took %d writes", f.data, out.writes-i)
		}
		if (cluster >= 0) != f.cluster {
			t.Errorf("%q: cluster at %d", f.data, cluster)
		}
		if cluster >= 0 {
			if i > 0 && cluster != before {
				t.Errorf("%q: cluster at %d, want %d", f.data, cluster, before)
			}
			if binary.BigEndian.Uint32(out.Bytes()[cluster:]) != 0x1f43b675 {
				t.Errorf("%q: no cluster at %d", f.data, cluster)
			}
		}
		want = append(want, f.block)
		if _, got := readBack(t, out.Bytes()); len(got) != len(want) || got[i] != want[i] {
			t.Errorf("%q: read back %v", f.data, got)
		}
	}
	track, _ := readBack(t, out.Bytes())
	if track.CodecID != "V_VP8" || track.TrackNumber != 1 || track.TrackType != 1 || track.Video.PixelWidth != 640 || track.Video.PixelHeight != 360 {
		t.Errorf("%+v", track)
	}
}

func TestAudioFile(t *testing.T) {
	var out counting
	m, err := newMatroska(&out, trackSpec{codecID: "A_OPUS", private: opusHead, audio: true})
	if err != nil {
		t.Fatal(err)
	}
	clusters := 0
	for ms := int64(0); ms < 12_000; ms += 20 {
		cluster, err := m.write(ms, true, []byte{0xfc})
		if err != nil {
			t.Fatal(err)
		}
		if cluster >= 0 {
			clusters++
		}
	}
	if clusters != 3 {
		t.Errorf("%d clusters in 12 s of sound, want 3", clusters)
	}
	track, blocks := readBack(t, out.Bytes())
	if len(blocks) != 600 || blocks[599].ms != 11_980 {
		t.Errorf("%d blocks", len(blocks))
	}
	if track.Audio == nil || track.Audio.SamplingFrequency != 48000 || track.Audio.Channels != 2 || !bytes.Equal(track.CodecPrivate, opusHead) {
		t.Errorf("%+v", track)
	}
}
