// The sequence header of AV1: the size of the picture and what the av1C record repeats.

package main

import "errors"

type sequenceInfo struct {
	profile, level, tier       uint32
	highBits, twelveBits       bool
	monochrome                 bool
	subsamplingX, subsamplingY bool
	chromaPosition             uint32
	width, height              int
}

// parseSequenceHeader reads sequence_header_obu() (AV1 specification, 5.5).
func parseSequenceHeader(body []byte) (sequenceInfo, error) {
	r := bitReader{data: body}
	var s sequenceInfo
	s.profile = r.read(3)
	r.skip(1) // still_picture
	reduced := r.flag()
	if reduced {
		s.level = r.read(5)
	} else {
		readOperatingPoints(&r, &s)
	}
	widthBits, heightBits := int(r.read(4))+1, int(r.read(4))+1
	s.width, s.height = int(r.read(widthBits))+1, int(r.read(heightBits))+1
	if !reduced && r.flag() { // frame_id_numbers_present_flag
		r.skip(7)
	}
	r.skip(3) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
	if !reduced {
		skipTools(&r)
	}
	r.skip(3) // enable_superres, enable_cdef, enable_restoration
	readColorConfig(&r, &s)
	if r.short {
		return s, errors.New("av1: the sequence header ends early")
	}
	return s, nil
}

func readOperatingPoints(r *bitReader, s *sequenceInfo) {
	decoderModel, delayBits := false, 0
	if r.flag() { // timing_info_present_flag
		r.skip(64)
		if r.flag() { // equal_picture_interval
			r.golomb()
		}
		if decoderModel = r.flag(); decoderModel {
			delayBits = int(r.read(5)) + 1
			r.skip(42)
		}
	}
	displayDelay := r.flag()
	for i := range r.read(5) + 1 {
		r.skip(12) // operating_point_idc
		level, tier := r.read(5), uint32(0)
		if level > 7 {
			tier = r.read(1)
		}
		if i == 0 {
			s.level, s.tier = level, tier
		}
		if decoderModel && r.flag() {
			r.skip(2*delayBits + 1)
		}
		if displayDelay && r.flag() {
			r.skip(4)
		}
	}
}

func skipTools(r *bitReader) {
	r.skip(4) // interintra, masked, warped, dual filter
	orderHint := r.flag()
	if orderHint {
		r.skip(2)
	}
	screenContent := uint32(2)
	if !r.flag() { // seq_choose_screen_content_tools
		screenContent = r.read(1)
	}
	if screenContent > 0 && !r.flag() { // seq_choose_integer_mv
		r.skip(1)
	}
	if orderHint {
		r.skip(3)
	}
}

func readColorConfig(r *bitReader, s *sequenceInfo) {
	s.highBits = r.flag()
	if s.profile == 2 && s.highBits {
		s.twelveBits = r.flag()
	}
	if s.profile != 1 {
		s.monochrome = r.flag()
	}
	primaries, transfer, matrix := uint32(2), uint32(2), uint32(2)
	if r.flag() { // color_description_present_flag
		primaries, transfer, matrix = r.read(8), r.read(8), r.read(8)
	}
	switch {
	case s.monochrome:
		r.skip(1)
		s.subsamplingX, s.subsamplingY = true, true
		return
	case primaries == 1 && transfer == 13 && matrix == 0: // sRGB
		return
	}
	r.skip(1) // color_range
	switch {
	case s.profile == 0:
		s.subsamplingX, s.subsamplingY = true, true
	case s.profile == 2 && s.twelveBits:
		s.subsamplingX = r.flag()
		s.subsamplingY = s.subsamplingX && r.flag()
	case s.profile == 2:
		s.subsamplingX = true
	}
	if s.subsamplingX && s.subsamplingY {
		s.chromaPosition = r.read(2)
	}
}

// record makes the beginning of the av1C record (AV1 in ISO BMFF, 2.3.3); OBUs follow it.
func (s sequenceInfo) record() []byte {
	flags := byte(s.tier<<7 | s.chromaPosition)
	for bit, set := range map[int]bool{
		6: s.highBits, 5: s.twelveBits, 4: s.monochrome, 3: s.subsamplingX, 2: s.subsamplingY,
	} {
		if set {
			flags |= 1 << bit
		}
	}
	return []byte{0x81, byte(s.profile<<5 | s.level), flags, 0}
}
