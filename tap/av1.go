// AV1 out of RTP: temporal units of OBUs that carry their sizes.

package main

import (
	"bytes"

	"github.com/pion/rtp/codecs"
	"github.com/pion/rtp/codecs/av1/obu"
)

// Types of OBUs (AV1 specification, 6.2.2).
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuFrame             = 6
)

type av1Depacketizer struct {
	obus codecs.AV1Depacketizer
	data []byte

	header  []byte // the newest sequence header OBU
	info    sequenceInfo
	private []byte // its av1C record
}

// begins recognises the first OBU of a temporal unit; a unit that was cut elsewhere starts with a tile
// group or with the rest of an OBU.
func (d *av1Depacketizer) begins(payload []byte) bool {
	if len(payload) < 3 || payload[0]&0x80 != 0 {
		return false
	}
	first := payload[1:]
	if payload[0]&0x30 != 0x10 { // more than one OBU, or an unknown number: each has its length before it
		_, n, err := obu.ReadLeb128(first)
		if err != nil || int(n) >= len(first) {
			return false
		}
		first = first[n:]
	}
	switch first[0] >> 3 & 0xf {
	case obuSequenceHeader, obuTemporalDelimiter, obuFrameHeader, obuFrame:
		return true
	}
	return false
}

func (d *av1Depacketizer) reset() {
	d.obus = codecs.AV1Depacketizer{}
	d.data = d.data[:0]
}

func (d *av1Depacketizer) add(payload []byte) error {
	data, err := d.obus.Unmarshal(payload)
	if err != nil {
		return err
	}
	d.data = append(d.data, data...)
	return nil
}

func (d *av1Depacketizer) finish() (frame, bool, error) {
	if len(d.data) == 0 {
		return frame{}, false, nil
	}
	f := frame{data: d.data}
	for rest := d.data; len(rest) > 0; {
		whole, kind, body := nextOBU(rest)
		if whole == nil {
			break
		}
		switch kind {
		case obuSequenceHeader:
			d.learn(whole, body)
		case obuFrame, obuFrameHeader:
			// show_existing_frame is 0 and frame_type is KEY_FRAME.
			if len(body) > 0 && body[0]&0xe0 == 0 && d.private != nil {
				f.keyframe = true
				f.width, f.height = d.info.width, d.info.height
				f.private = d.private
			}
			return f, true, nil
		}
		rest = rest[len(whole):]
	}
	return f, true, nil
}

func (d *av1Depacketizer) learn(whole, body []byte) {
	if bytes.Equal(d.header, whole) {
		return
	}
	info, err := parseSequenceHeader(body)
	if err != nil {
		return
	}
	d.header = bytes.Clone(whole)
	d.info = info
	d.private = append(info.record(), d.header...)
}

// nextOBU splits off the first OBU, which has a size field; whole is nil where there is none.
func nextOBU(data []byte) (whole []byte, kind byte, body []byte) {
	kind = data[0] >> 3 & 0xf
	head := 1
	if data[0]&4 != 0 { // obu_extension_flag
		head = 2
	}
	if data[0]&2 == 0 || len(data) <= head {
		return nil, 0, nil
	}
	size, n, err := obu.ReadLeb128(data[head:])
	end := head + int(n) + int(size)
	if err != nil || end > len(data) {
		return nil, 0, nil
	}
	return data[:end], kind, data[head+int(n) : end]
}
