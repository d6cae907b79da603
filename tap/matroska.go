// A Matroska file of one track that is readable up to its last block at any moment.

package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/mkv"
)

// clusterSpan is the longest time that a cluster covers, in ms.
const clusterSpan = 5000

// trackSpec is what the header of a file says of its track.
type trackSpec struct {
	codecID       string
	private       []byte
	audio         bool
	width, height int
}

type trackEntry struct {
	TrackNumber  uint64
	TrackUID     uint64
	FlagLacing   uint64
	TrackType    uint64
	CodecID      string
	CodecPrivate []byte       `ebml:"CodecPrivate,omitempty"`
	SeekPreRoll  uint64       `ebml:"SeekPreRoll,omitempty"`
	Audio        *audioFields `ebml:"Audio,omitempty"`
	Video        *videoFields `ebml:"Video,omitempty"`
}

type audioFields struct {
	SamplingFrequency float64
	Channels          uint64
}

type videoFields struct {
	PixelWidth  uint64
	PixelHeight uint64
}

// matroska writes a header and then blocks, each with one Write. It has no buffer of its own between
// two frames: what was written is out of the process.
type matroska struct {
	w       io.Writer
	pending []byte // the header, until the first frame takes it along
	offset  int64  // of the next byte in the file
	audio   bool

	inCluster bool
	clusterAt int64 // ms
}

func newMatroska(w io.Writer, spec trackSpec) (*matroska, error) {
	entry := trackEntry{
		TrackNumber: 1, TrackUID: 1, TrackType: 1,
		CodecID: spec.codecID, CodecPrivate: spec.private,
		Video: &videoFields{uint64(spec.width), uint64(spec.height)},
	}
	if spec.audio {
		entry.TrackType = 2
		entry.Video = nil
		entry.Audio = &audioFields{opusRate, opusChannels}
		entry.SeekPreRoll = 80_000_000 // ns, as Opus in Matroska asks for
	}
	type tracks struct{ TrackEntry trackEntry }
	type segment struct {
		Info   mkv.Info
		Tracks tracks
	}
	file := struct {
		EBML    mkv.EBMLHeader
		Segment segment `ebml:"Segment,size=unknown"`
	}{
		EBML: mkv.EBMLHeader{
			EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8,
			DocType: "matroska", DocTypeVersion: 4, DocTypeReadVersion: 2,
		},
		Segment: segment{
			Info:   mkv.Info{TimecodeScale: 1_000_000, MuxingApp: "reelroom tap", WritingApp: "reelroom tap"},
			Tracks: tracks{entry},
		},
	}
	var header bytes.Buffer
	if err := ebml.Marshal(&file, &header); err != nil {
		return nil, err
	}
	return &matroska{w: w, pending: header.Bytes(), audio: spec.audio}, nil
}

// write appends one frame at a timestamp in ms. It returns the byte offset of the frame's cluster
// when the frame began one, else -1.
func (m *matroska) write(ms int64, keyframe bool, data []byte) (cluster int64, err error) {
	cluster = -1
	buffer := m.pending
	since := ms - m.clusterAt
	if !m.inCluster || since >= clusterSpan || since < math.MinInt16 || keyframe && !m.audio {
		cluster = m.offset + int64(len(buffer))
		m.clusterAt = max(ms, 0)
		m.inCluster = true
		since = ms - m.clusterAt
		buffer = append(buffer, 0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) // Cluster, size unknown
		buffer = append(buffer, 0xe7, 0x88)                                                             // Timecode in 8 bytes
		buffer = binary.BigEndian.AppendUint64(buffer, uint64(m.clusterAt))
	}
	flags := byte(0)
	if keyframe {
		flags = 0x80
	}
	size := uint32(len(data) + 4)
	buffer = append(buffer, 0xa3) // SimpleBlock, its size in 4 bytes
	buffer = binary.BigEndian.AppendUint32(buffer, 0x10000000|size)
	buffer = append(buffer, 0x81, byte(uint16(since)>>8), byte(since), flags)
	buffer = append(buffer, data...)
	n, err := m.w.Write(buffer)
	m.offset += int64(n)
	m.pending = buffer[:0]
	return cluster, err
}
