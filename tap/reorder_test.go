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
	far := numbered(5000, 0)
	if r.push(far) {
		t.Fatal("took a packet that does not fit")
	}
	if out, lost := popAll(&r, 0, true); !slices.Equal(out, []uint16{3}) || lost != 1 {
		t.Errorf("out %v, lost %d", out, lost)
	}
	if !r.push(far) {
		t.Fatal("an empty buffer refused a packet")
	}
	if out, lost := popAll(&r, 0, false); !slices.Equal(out, []uint16{5000}) || lost != 4996 {
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

func TestALineThatTakesLongerIsGivenMoreTime(t *testing.T) {
	var r reorder
	r.push(numbered(1, 0))
	popAll(&r, 0, false)
	r.push(numbered(3, 0))
	r.push(numbered(2, 400_000)) // two rounds of retransmission, say
	if out, lost := popAll(&r, 400_000, false); !slices.Equal(out, []uint16{2, 3}) || lost != 0 {
		t.Errorf("out %v, lost %d", out, lost)
	}
	r.push(numbered(5, 500_000))
	if out, _ := popAll(&r, 500_000+reorderBudget, false); out != nil {
		t.Errorf("given up after %d µs: %v", reorderBudget, out)
	}
	if out, lost := popAll(&r, 500_000+1_200_000, false); !slices.Equal(out, []uint16{5}) || lost != 1 {
		t.Errorf("out %v, lost %d", out, lost)
	}
	r.push(numbered(4, 1_900_000)) // after all
	r.push(numbered(7, 2_000_000))
	if at, _ := r.deadline(); at != 2_000_000+longestBudget {
		t.Errorf("waits until %d", at)
	}
}

func TestJitterAloneIsNoReasonToWaitLonger(t *testing.T) {
	var r reorder
	for i := range uint16(100) { // neighbours change places
		r.push(numbered(i^1, int64(i)*10_000))
		popAll(&r, int64(i)*10_000, false)
	}
	r.push(numbered(101, 1_000_000))
	if at, ok := r.deadline(); !ok || at != 1_000_000+reorderBudget {
		t.Errorf("deadline %d %v", at, ok)
	}
}

func TestWhatIsMissingIsAskedForAgainAFewTimes(t *testing.T) {
	var r reorder
	r.slowest, r.slowestAt = 500_000, 0
	r.push(numbered(65534, 0))
	popAll(&r, 0, false)
	r.push(numbered(1, 0))
	var asked []int64
	for now := int64(0); now < 1_400_000; now += 10_000 {
		if missing := r.wanted(now); missing != nil {
			asked = append(asked, now)
			if !slices.Equal(missing, []uint16{65535, 0}) {
				t.Errorf("asked for %v", missing)
			}
		}
	}
	if want := []int64{150_000, 350_000, 550_000, 750_000}; !slices.Equal(asked, want) {
		t.Errorf("asked at %v, want %v", asked, want)
	}
	r.push(numbered(65535, 1_400_000))
	r.push(numbered(0, 1_400_000))
	popAll(&r, 1_400_000, false)
	if missing := r.wanted(1_500_000); missing != nil {
		t.Errorf("asked for %v, and nothing is missing", missing)
	}
}
