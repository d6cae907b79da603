package main

import (
	"slices"
	"testing"
)

func numbered(sequence uint16, arrived int64) *packet {
	p := packets.Get().(*packet)
	*p = packet{sequence: sequence, arrived: arrived}
	return p
}

// popAll returns the sequence numbers that come out, and how many packets were given up.
func popAll(r *reorder, now int64, force bool) (out []uint16, lost int) {
	for {
		p, gone := r.pop(now, force)
		if p == nil {
			return out, lost
		}
		out = append(out, p.sequence)
		lost += gone
	}
}

func TestPacketsInOrderPassAtOnce(t *testing.T) {
	var r reorder
	for i := range uint16(5) {
		r.push(numbered(65533+i, int64(i)))
		if out, lost := popAll(&r, int64(i), false); !slices.Equal(out, []uint16{65533 + i}) || lost != 0 {
			t.Errorf("packet %d: out %v, lost %d", i, out, lost)
		}
	}
}

func TestPacketsAreReorderedAcrossTheWrap(t *testing.T) {
	var r reorder
	for i, sequence := range []uint16{65534, 0, 65535, 2, 1} {
		r.push(numbered(sequence, int64(i)))
	}
	if out, lost := popAll(&r, 10, false); !slices.Equal(out, []uint16{65534, 65535, 0, 1, 2}) || lost != 0 {
		t.Errorf("out %v, lost %d", out, lost)
	}
}

func TestAMissingPacketIsGivenUpInTime(t *testing.T) {
	var r reorder
	r.push(numbered(10, 0))
	popAll(&r, 0, false)
	r.push(numbered(13, 1000))
	r.push(numbered(14, 2000))
	if at, ok := r.deadline(); !ok || at != 1000+reorderBudget {
		t.Errorf("deadline %d %v", at, ok)
	}
	if out, _ := popAll(&r, 1000+reorderBudget-1, false); out != nil {
		t.Errorf("too early: %v", out)
	}
	if out, lost := popAll(&r, 1000+reorderBudget, false); !slices.Equal(out, []uint16{13, 14}) || lost != 2 {
		t.Errorf("out %v, lost %d", out, lost)
	}
	r.push(numbered(11, 300_000)) // too late now
	if out, _ := popAll(&r, 300_000, true); out != nil {
		t.Errorf("a packet came out twice or too late: %v", out)
	}
}

func TestDuplicatesAreDropped(t *testing.T) {
	var r reorder
	r.push(numbered(1, 0))
	r.push(numbered(3, 0))
	r.push(numbered(3, 0))
	r.push(numbered(1, 0))
	r.push(numbered(2, 0))
	if out, lost := popAll(&r, 0, false); !slices.Equal(out, []uint16{1, 2, 3}) || lost != 0 {
		t.Errorf("out %v, lost %d", out, lost)
	}
}

func TestALongJumpAheadIsALoss(t *testing.T) {
	var r reorder
	r.push(numbered(1, 0))
	popAll(&r, 0, false)
	r.push(numbered(3, 0))
	far := numbered(3000, 0)
	if r.push(far) {
		t.Fatal("took a packet that does not fit")
	}
	if out, lost := popAll(&r, 0, true); !slices.Equal(out, []uint16{3}) || lost != 1 {
		t.Errorf("out %v, lost %d", out, lost)
	}
	if !r.push(far) {
		t.Fatal("an empty buffer refused a packet")
	}
	if out, lost := popAll(&r, 0, false); !slices.Equal(out, []uint16{3000}) || lost != 2996 {
		t.Errorf("out %v, lost %d", out, lost)
	}
}

func TestNumberingThatStartsAnew(t *testing.T) {
	var r reorder
	r.push(numbered(40000, 0))
	popAll(&r, 0, false)
	var out []uint16
	for i := range uint16(100) {
		r.push(numbered(20000+i, 0))
		more, _ := popAll(&r, 0, false)
		out = append(out, more...)
	}
	if len(out) != 100-restartAfter+1 {
		t.Errorf("%d packets came out after the numbering went back", len(out))
	}
}
