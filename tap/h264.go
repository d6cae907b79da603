// H.264 out of RTP (RFC 6184) into samples with 4-byte lengths (ISO/IEC 14496-15).

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// Types of NAL units that mean something here (H.264, table 7-1; RFC 6184, table 1).
const (
	nalSlice     = 1
	nalIDR       = 5
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
	nalFiller    = 12
	nalSTAPA     = 24
	nalFUA       = 28
)

type h264Depacketizer struct {
	data     []byte
	fragment int // where the NAL unit that comes in fragments starts in data, or -1
	keyframe bool
	pictures int
	active   uint32 // the id of the PPS of the keyframe

	// Parameter sets by their ids. They outlive a frame: some encoders send them ahead of it.
	sps, pps map[uint32][]byte
	record   avcRecord // the last one made
	current  bool      // no set has changed since
}

// avcRecord is what a file says of its parameter sets. Blank pictures that the engine makes up have an
// SPS with an id of their own, so it holds the sets of one SPS only: the one in use.
type avcRecord struct {
	active        uint32
	private       []byte
	width, height int
}

func newH264Depacketizer() *h264Depacketizer {
	return &h264Depacketizer{fragment: -1, sps: map[uint32][]byte{}, pps: map[uint32][]byte{}}
}

func (d *h264Depacketizer) begins(payload []byte) bool {
	if len(payload) < 3 {
		return false
	}
	kind, rest := payload[0]&0x1f, payload[1:]
	switch kind {
	case nalSTAPA:
		if len(payload) < 5 {
			return false
		}
		kind, rest = payload[3]&0x1f, payload[4:]
	case nalFUA:
		if payload[1]&0x80 == 0 {
			return false
		}
		kind, rest = payload[1]&0x1f, payload[2:]
	}
	switch kind {
	case nalSPS, nalDelimiter:
		return true
	case nalSlice, nalIDR:
		// first_mb_in_slice is 0, which Exp-Golomb writes as a single 1.
		return rest[0]&0x80 != 0
	}
	return false
}

func (d *h264Depacketizer) reset() {
	d.data = d.data[:0]
	d.fragment = -1
	d.keyframe = false
	d.pictures = 0
}

func (d *h264Depacketizer) add(payload []byte) error {
	if len(payload) < 2 {
		return errors.New("h264: a payload too short")
	}
	kind := payload[0] & 0x1f
	if d.fragment >= 0 && kind != nalFUA {
		return errors.New("h264: a NAL unit lost its last fragment")
	}
	switch {
	case kind < nalSTAPA:
		d.endUnit(d.beginUnit(payload))
	case kind == nalSTAPA:
		for rest := payload[1:]; len(rest) > 2; {
			size := int(binary.BigEndian.Uint16(rest))
			if size == 0 || len(rest) < 2+size {
				return errors.New("h264: an aggregate ends early")
			}
			d.endUnit(d.beginUnit(rest[2 : 2+size]))
			rest = rest[2+size:]
		}
	case kind == nalFUA:
		return d.addFragment(payload)
	default:
		return errors.New("h264: a packet of interleaved mode, which nobody negotiated")
	}
	return nil
}

func (d *h264Depacketizer) addFragment(payload []byte) error {
	first, last := payload[1]&0x80 != 0, payload[1]&0x40 != 0
	if first != (d.fragment < 0) {
		return errors.New("h264: fragments out of order")
	}
	if first {
		d.fragment = d.beginUnit([]byte{payload[0]&0xe0 | payload[1]&0x1f})
	}
	d.data = append(d.data, payload[2:]...)
	if last {
		d.endUnit(d.fragment)
		d.fragment = -1
	}
	return nil
}

// beginUnit appends a NAL unit, or the beginning of one, behind four bytes for its length.
func (d *h264Depacketizer) beginUnit(unit []byte) (start int) {
	start = len(d.data)
	d.data = append(d.data, 0, 0, 0, 0)
	d.data = append(d.data, unit...)
	return start
}

func (d *h264Depacketizer) endUnit(start int) {
	unit := d.data[start+4:]
	binary.BigEndian.PutUint32(d.data[start:], uint32(len(unit)))
	keep := true
	switch unit[0] & 0x1f {
	case nalSlice:
		d.pictures++
	case nalIDR:
		d.pictures++
		d.keyframe = true
		d.active = slicePPS(unit)
	case nalSPS:
		keep = d.learn(d.sps, unit, spsID(unit))
	case nalPPS:
		keep = d.learn(d.pps, unit, ppsID(unit))
	case nalDelimiter, nalFiller:
		keep = false
	}
	if !keep {
		d.data = d.data[:start]
	}
}

// learn notes a parameter set and says whether it is news. What is known stands in the file's avcC
// record already and is taken out of the samples.
func (d *h264Depacketizer) learn(sets map[uint32][]byte, unit []byte, id uint32) bool {
	if bytes.Equal(sets[id], unit) {
		return false
	}
	sets[id] = bytes.Clone(unit)
	d.current = false
	return true
}

func (*h264Depacketizer) closed() bool { return false }

func (d *h264Depacketizer) finish() (frame, bool, error) {
	if d.fragment >= 0 {
		return frame{}, false, errors.New("h264: a NAL unit has no end")
	}
	if d.pictures == 0 {
		return frame{}, false, nil
	}
	f := frame{data: d.data}
	if d.keyframe && (!d.current || d.record.active != d.active) {
		d.current = d.makeRecord()
	}
	if d.keyframe && d.current {
		f.keyframe = true
		f.private = d.record.private
		f.width, f.height = d.record.width, d.record.height
	}
	return f, true, nil
}

// makeRecord makes the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) of the SPS in use and
// of every PPS that refers to it.
func (d *h264Depacketizer) makeRecord() bool {
	pps, ok := d.pps[d.active]
	if !ok {
		return false
	}
	id := ppsParent(pps)
	sps, ok := d.sps[id]
	if !ok {
		return false
	}
	info, err := parseSPS(sps)
	if err != nil {
		return false
	}
	private := []byte{1, info.profile, info.constraints, info.level, 0xff, 0xe1}
	private = binary.BigEndian.AppendUint16(private, uint16(len(sps)))
	private = append(private, sps...)
	count := len(private)
	private = append(private, 0)
	for _, number := range slices.Sorted(maps.Keys(d.pps)) {
		if set := d.pps[number]; ppsParent(set) == id {
			private[count]++
			private = binary.BigEndian.AppendUint16(private, uint16(len(set)))
			private = append(private, set...)
		}
	}
	switch info.profile {
	case 100, 110, 122, 144:
		private = append(private, 0xfc|byte(info.chroma), 0xf8|byte(info.lumaBits), 0xf8|byte(info.chromaBits), 0)
	}
	d.record = avcRecord{active: d.active, private: private, width: info.width, height: info.height}
	return true
}
