package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

type answers struct{ sip.ServerTransaction }

func (answers) Respond(*sip.Response) error { return nil }

func TestWhatCannotBeReadEndsNothing(t *testing.T) {
	request := sip.NewRequest(sip.INVITE, sip.Uri{User: "1", Host: "127.0.0.1"})
	unharmed(func(*sip.Request, sip.ServerTransaction) { panic("no third field") })(request, answers{})
}

func TestTheEndOfTheServerIsNoticed(t *testing.T) {
	e := &exchange{calls: map[string]*visitor{}, out: io.Discard}
	gone := make(chan struct{})
	go e.obey(strings.NewReader("\nnonsense\n{\"call\":\"nobody\",\"hangup\":true}\n"), gone)
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("it was not")
	}
}

func TestACallMoreThanThereMayBeIsRefused(t *testing.T) {
	e := &exchange{calls: map[string]*visitor{}, out: io.Discard, most: 1}
	first, second := newVisitor(e, "1", nil), newVisitor(e, "2", nil)
	if !e.enter(first) || e.enter(second) {
		t.Error("one of one may")
	}
	e.leave(first)
	if !e.enter(second) {
		t.Error("now there is room")
	}
}

func TestAPromptIsPlayedAndThenItIsHungUp(t *testing.T) {
	e := &exchange{prompts: map[string][]byte{"goodbye": bytes.Repeat([]byte{7}, frameBytes+2)}}
	ctx, cancel := context.WithCancelCause(context.Background())
	v := newVisitor(e, "1", cancel)
	v.obey(decided{Play: "goodbye", Hangup: true})
	go v.speak(ctx)
	for _, want := range [][]byte{bytes.Repeat([]byte{7}, frameBytes), append([]byte{7, 7}, make([]byte, frameBytes-2)...)} {
		if kind, frame, err := v.call.wire.receive(); err != nil || kind != soundKind || !bytes.Equal(frame, want) {
			t.Errorf("%c %v %v", kind, frame[:4], err)
		}
	}
	<-ctx.Done()
	if context.Cause(ctx) != errHungUp {
		t.Error(context.Cause(ctx))
	}
}

func TestOnlyPromptsThatATelephoneCanHearAreRead(t *testing.T) {
	folder := t.TempDir()
	if _, err := readPrompts(folder); err == nil {
		t.Error("there are none")
	}
	_ = os.WriteFile(filepath.Join(folder, "pin.wav"), []byte("RIFF"), 0o600)
	if _, err := readPrompts(folder); err == nil {
		t.Error("it is none")
	}
	prompts, err := readPrompts("../src/reelroom/telephones/prompts")
	if err != nil || len(prompts["pin"]) < 100*frameBytes/2 {
		t.Error(err)
	}
}
