// AV1 out of RTP: temporal units of OBUs that carry their sizes.

package main

import (
	"bytes"
	"errors"

	"github.com/pion/rtp/codecs/av1/obu"
)

// Types of OBUs (AV1 specification, 6.2.2).
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuFrame             = 6
	obuTileList          = 8
	obuPadding           = 15
)

type av1Depacketizer struct {
	data []byte // whole OBUs
	unit []byte // the OBU that comes in fragments
	open bool   // unit is not whole yet

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
	d.data = d.data[:0]
	d.unit = d.unit[:0]
	d.open = false
}

// add reads the aggregation header and the OBU elements behind it (AV1 RTP specification, 4.4).
func (d *av1Depacketizer) add(payload []byte) error {
	continued, continues := payload[0]&0x80 != 0, payload[0]&0x40 != 0
	count := int(payload[0] >> 4 & 3) // of elements; 0 when it is not told
	if continued != d.open {
		return errors.New("av1: an OBU lost its beginning or its end")
	}
	rest := payload[1:]
	for i := 1; len(rest) > 0; i++ {
		element := rest
		rest = nil
		if i != count { // the last of a known number has no length
			size, n, err := obu.ReadLeb128(element)
			if err != nil || uint(len(element))-n < size {
				return errors.New("av1: an OBU element ends early")
			}
			element, rest = element[n:n+size], element[n+size:]
		}
		d.unit = append(d.unit, element...)
		d.open = len(rest) == 0 && continues
		if !d.open {
			if err := d.endUnit(); err != nil {
				return err
			}
		}
	}
	return nil
}

// endUnit gives the OBU the size that RTP told in its own way, and leaves out what a file must not have.
func (d *av1Depacketizer) endUnit() error {
	unit := d.unit
	d.unit = d.unit[:0]
	if len(unit) == 0 {
		return nil
	}
	kind := unit[0] >> 3 & 0xf
	head := 1
	if unit[0]&4 != 0 { // obu_extension_flag
		head = 2
	}
	if len(unit) < head {
		return errors.New("av1: an OBU ends in its header")
	}
	switch {
	case kind == obuTemporalDelimiter || kind == obuTileList || kind == obuPadding:
	case unit[0]&2 != 0: // obu_has_size_field
		d.data = append(d.data, unit...)
	default:
		d.data = append(d.data, unit[0]|2)
		d.data = append(d.data, unit[1:head]...)
		d.data = append(d.data, obu.WriteToLeb128(uint(len(unit)-head))...)
		d.data = append(d.data, unit[head:]...)
	}
	return nil
}

func (d *av1Depacketizer) closed() bool { return !d.open }

func (d *av1Depacketizer) finish() (frame, bool, error) {
	if d.open {
		return frame{}, false, errors.New("av1: an OBU has no end")
	}
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
	rest := data[head:]
	if err != nil || uint(len(rest))-n < size {
		return nil, 0, nil
	}
	end := head + int(n+size)
	return data[:end], kind, rest[n : n+size]
}
