// What goes over the socket to the server's side of a call: sound and messages, each with its kind and length.

package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

const (
	soundKind   = 'a' // 16-bit little-endian mono at 8 kHz
	messageKind = 'j' // an object of JSON
	headBytes   = 3   // the kind, and the length as a big-endian 16-bit number
)

type wire struct {
	socket io.ReadWriteCloser
	sends  sync.Mutex
}

func newWire(socket io.ReadWriteCloser) *wire { return &wire{socket: socket} }

func (w *wire) send(kind byte, payload []byte) error {
	if len(payload) > 0xFFFF {
		return fmt.Errorf("%d bytes are too many for one piece", len(payload))
	}
	piece := make([]byte, 0, headBytes+len(payload))
	piece = append(piece, kind)
	piece = binary.BigEndian.AppendUint16(piece, uint16(len(payload)))
	piece = append(piece, payload...)
	w.sends.Lock()
	defer w.sends.Unlock()
	_, err := w.socket.Write(piece)
	return err
}

// say sends a message; whoever is gone needs none, and is noticed by receive.
func (w *wire) say(message any) {
	if payload, err := json.Marshal(message); err == nil {
		_ = w.send(messageKind, payload)
	}
}

// receive is for one reader at a time.
func (w *wire) receive() (kind byte, payload []byte, err error) {
	var head [headBytes]byte
	if _, err = io.ReadFull(w.socket, head[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, binary.BigEndian.Uint16(head[1:]))
	_, err = io.ReadFull(w.socket, payload)
	return head[0], payload, err
}

func (w *wire) close() { _ = w.socket.Close() }

// order is what the server's side asks for: a whole call first, then digits, or an end.
type order struct {
	Dial   *outgoing `json:"dial"`
	Digits string    `json:"digits"`
	Hangup bool      `json:"hangup"`
	Allow  *bool     `json:"allow"`
	// The address of each host that was asked about, as it was looked up: packets go there.
	Addresses map[string]string `json:"addresses"`
}

// report is what the server's side is told.
type report struct {
	Event  string   `json:"event"`            // trying, ringing, may, answered, digit, ended
	Hosts  []string `json:"hosts,omitempty"`  // may: hosts that the other side names; an order says whether they are allowed
	Digits bool     `json:"digits,omitempty"` // answered: whether digits travel as events of their own
	Digit  string   `json:"digit,omitempty"`
	Code   int      `json:"code,omitempty"` // ended: the SIP status, where there is one
	Reason string   `json:"reason,omitempty"`
}
