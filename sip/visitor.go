// A caller: in the lobby they hear prompts and their keys are reported, then their sound goes to their session's process.

package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo/sip"
)

const (
	frameBytes = 320 // 20 ms at 8 kHz
	frameTime  = 20 * time.Millisecond
)

type visitor struct {
	id       string
	exchange *exchange
	hangUp   context.CancelCauseFunc
	verdict  chan decided

	// The call is carried as one that was dialled; until there is a process for it, the lobby is its other side.
	lobby *wire
	call  *call

	state   sync.Mutex
	playing []byte
	last    bool // hang up after what is played
	digits  bool // whether they come as events of their own
	process *wire
}

func newVisitor(e *exchange, id string, hangUp context.CancelCauseFunc) *visitor {
	here, there := net.Pipe()
	v := &visitor{id: id, exchange: e, hangUp: hangUp, verdict: make(chan decided, 1), lobby: newWire(there)}
	v.call = newCall(newWire(here), hangUp)
	return v
}

func (v *visitor) obey(said decided) {
	switch {
	case said.Answer || said.Refuse != 0:
		v.exchange.names.learn(v.id, said.Addresses)
		select {
		case v.verdict <- said:
		default:
		}
	case said.Allow != nil:
		v.order(order{Allow: said.Allow})
	case said.Join != "":
		go v.join(said.Join)
	case said.Play != "" || said.Hangup:
		v.state.Lock()
		v.playing, v.last = v.exchange.prompts[said.Play], said.Hangup
		v.state.Unlock()
	}
}

func (v *visitor) order(what order) {
	if payload, err := json.Marshal(what); err == nil {
		_ = v.lobby.send(messageKind, payload)
	}
}

// visit answers, and returns when the call is over. Sound may be sent to hosts.
func (v *visitor) visit(ctx context.Context, d *diago.DialogServerSession, hosts []string) {
	sound, err := d.Answer(diago.AnswerOptions{RTPNAT: media.RTPNATSymetric, OnMediaUpdate: v.call.mediaChanged})
	if err != nil {
		slog.Warn("a call could not be answered", "call", v.id, "error", err)
		_ = d.Respond(sip.StatusNotAcceptableHere, "Not Acceptable Here", nil)
		return
	}
	defer v.close()
	if !slices.Contains(hosts, sound.MediaSession().Raddr.IP.String()) {
		slog.Warn("a call wants sound sent where nobody was told", "call", v.id)
		return
	}
	go v.call.obey()
	go v.listen()
	go v.speak(ctx)
	v.call.carry(d.Context(), ctx, sound)
	reason := theyHungUp
	if d.Context().Err() == nil {
		reason = fmt.Sprint(context.Cause(ctx))
	}
	v.state.Lock()
	defer v.state.Unlock()
	if v.process != nil {
		v.process.say(report{Event: "ended", Reason: reason})
	}
}

func (v *visitor) close() {
	v.hangUp(nil)
	v.lobby.close()
	v.state.Lock()
	defer v.state.Unlock()
	if v.process != nil {
		v.process.close()
	}
}

// listen takes what the call says: to its process, or, until there is one, to the server.
func (v *visitor) listen() {
	for {
		kind, payload, err := v.lobby.receive()
		if err != nil {
			return
		}
		v.state.Lock()
		process := v.process
		v.state.Unlock()
		if process != nil {
			if process.send(kind, payload) != nil {
				v.hangUp(errHungUp)
			}
			continue
		}
		var said report
		if kind != messageKind || json.Unmarshal(payload, &said) != nil {
			continue
		}
		switch said.Event {
		case "answered":
			v.state.Lock()
			v.digits = said.Digits
			v.state.Unlock()
		case "digit":
			v.state.Lock()
			if !v.last { // who presses keys has heard enough
				v.playing = nil
			}
			v.state.Unlock()
			v.exchange.say(noted{Event: said.Event, Call: v.id, Digit: said.Digit})
		case "may":
			v.exchange.say(noted{Event: said.Event, Call: v.id, Hosts: said.Hosts})
		}
	}
}

// speak plays prompts, and silence between them, until there is a process that does.
func (v *visitor) speak(ctx context.Context) {
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		frame := make([]byte, frameBytes)
		v.state.Lock()
		v.playing = v.playing[copy(frame, v.playing):]
		over, joined := v.last && len(v.playing) == 0, v.process != nil
		v.state.Unlock()
		if joined || v.lobby.send(soundKind, frame) != nil {
			return
		}
		if over {
			time.Sleep(waiting * frameTime) // of which the last are on their way
			v.hangUp(errHungUp)
			return
		}
	}
}

// join hands the call to the process that listens at a socket; the end of either is the other's.
func (v *visitor) join(path string) {
	socket, err := net.Dial("unix", path)
	if err != nil {
		slog.Error("the session's process is not there", "call", v.id, "error", err)
		v.hangUp(errHungUp)
		return
	}
	process := newWire(socket)
	v.state.Lock()
	process.say(report{Event: "answered", Digits: v.digits})
	v.process = process
	v.state.Unlock()
	for {
		kind, payload, err := process.receive()
		if err != nil {
			v.hangUp(errHungUp)
			return
		}
		if v.lobby.send(kind, payload) != nil {
			_ = socket.Close()
			return
		}
	}
}

// readPrompts reads WAV files of 16-bit mono at 8 kHz, by their names.
func readPrompts(folder string) (map[string][]byte, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.wav"))
	if err != nil {
		return nil, err
	}
	prompts := map[string][]byte{}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		const head = 44 // RIFF, fmt and the beginning of data, as wave.open writes them
		if len(file) < head || string(file[36:40]) != "data" || binary.LittleEndian.Uint32(file[24:]) != 8000 {
			return nil, fmt.Errorf("%s is no WAV file of 16-bit mono at 8 kHz", path)
		}
		prompts[strings.TrimSuffix(filepath.Base(path), ".wav")] = file[head:]
	}
	if len(prompts) == 0 {
		return nil, fmt.Errorf("there are none in %q", folder)
	}
	return prompts, nil
}
