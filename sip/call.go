// An answered call: sound both ways, digits both ways, until either side has had enough.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/emiago/diago"
	"github.com/emiago/diago/audio"
	"github.com/emiago/diago/media"
	"github.com/emiago/diago/media/sdp"
)

const (
	theyHungUp   = "the other side hung up"
	longestQuiet = 2 * time.Minute        // without a packet: the other side is gone, and could not say so
	waiting      = 10                     // frames of sound that wait for their moment; then the oldest is dropped
	betweenTwo   = 100 * time.Millisecond // digits
	pause        = 500 * time.Millisecond // that a p among digits stands for
)

var (
	errNobodyThere  = errors.New("nothing answers there")
	errNoAnswer     = errors.New("nobody answered")
	errNotEncrypted = errors.New("the other side does not encrypt sound")
	errForbidden    = errors.New("the other side wants sound sent where it may not be")
	errHungUp       = errors.New("it was hung up here")
)

type call struct {
	wire    *wire
	hangUp  context.CancelCauseFunc
	sound   chan []byte
	digits  chan string
	allowed chan bool
	names   names
	asking  sync.Mutex
	signs   atomic.Int32 // responses of the other side
}

func newCall(w *wire, hangUp context.CancelCauseFunc) *call {
	return &call{
		wire: w, hangUp: hangUp,
		sound: make(chan []byte, waiting), digits: make(chan string, 16), allowed: make(chan bool, 1),
	}
}

// obey takes what the server's side sends until it is gone, which ends the call.
func (c *call) obey() {
	for {
		kind, payload, err := c.wire.receive()
		if err != nil {
			c.hangUp(errHungUp)
			return
		}
		if kind == soundKind {
			c.keep(payload)
			continue
		}
		var asked order
		if err := json.Unmarshal(payload, &asked); err != nil {
			slog.Warn("unreadable order", "error", err)
			continue
		}
		switch {
		case asked.Hangup:
			c.hangUp(errHungUp)
		case asked.Allow != nil:
			c.names.learn("", asked.Addresses)
			c.allowed <- *asked.Allow
		case asked.Digits != "":
			select {
			case c.digits <- asked.Digits:
			default:
				slog.Warn("too many digits at once")
			}
		}
	}
}

func (c *call) keep(frame []byte) {
	for {
		select {
		case c.sound <- frame:
			return
		default:
		}
		select {
		case <-c.sound:
		default:
		}
	}
}

// mayReach asks the server's side, which knows the rule, about hosts that the other side names.
func (c *call) mayReach(hosts []string) bool {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.wire.say(report{Event: "may", Hosts: hosts})
	select {
	case allowed := <-c.allowed:
		return allowed
	case <-time.After(15 * time.Second):
		return false
	}
}

func (c *call) mediaChanged(m *diago.DialogMedia) {
	go func() { // whoever calls this holds up the answer
		if !c.mayReach([]string{m.MediaSession().Raddr.IP.String()}) {
			c.hangUp(errForbidden)
		}
	}()
}

// soundHosts are the addresses that a description of sessions has sound sent to.
func soundHosts(body []byte) []string {
	description := sdp.SessionDescription{}
	if err := sdp.Unmarshal(body, &description); err != nil {
		return nil
	}
	hosts := []string{}
	if connection, err := description.ConnectionInformation(); err == nil {
		hosts = append(hosts, connection.IP.String())
	}
	return hosts
}

// carry returns when either context is over, or the other side is not heard of any more.
func (c *call) carry(dialog, wanted context.Context, m *diago.DialogMedia) {
	props := diago.MediaProps{}
	reader, err := m.AudioReader(diago.WithAudioReaderMediaProps(&props))
	if err != nil {
		c.hangUp(err)
		return
	}
	writer, err := m.AudioWriter()
	if err != nil {
		c.hangUp(err)
		return
	}
	ours, noKeys := m.AudioWriterDTMF()
	if noKeys == nil {
		writer = ours
	}
	decoder, encoder := audio.PCMDecoder{}, audio.PCMEncoder{}
	if err := errors.Join(decoder.Init(props.Codec), encoder.Init(props.Codec)); err != nil {
		c.hangUp(err)
		return
	}
	slog.Info("answered", "codec", props.Codec.Name, "digits", noKeys == nil)
	c.wire.say(report{Event: "answered", Digits: noKeys == nil})

	over, cancel := context.WithCancel(wanted)
	defer cancel()
	stopped := context.AfterFunc(dialog, cancel)
	defer stopped()
	go func() {
		encoded := make([]byte, media.RTPBufSize)
		for over.Err() == nil {
			select {
			case <-over.Done():
			case frame := <-c.sound:
				if n, err := encoder.EncoderTo(encoded, frame); err == nil {
					_, _ = writer.Write(encoded[:n])
				}
			}
		}
	}()
	if noKeys == nil {
		go c.press(over, ours)
	}
	go c.listen(over, cancel, m, reader, &decoder, props.Codec)
	<-over.Done()
}

func (c *call) listen(
	over context.Context, cancel context.CancelFunc,
	m *diago.DialogMedia, reader interface{ Read([]byte) (int, error) }, decoder *audio.PCMDecoder, codec media.Codec,
) {
	events, mayPress := eventCodec(m.MediaSession().CommonCodecs())
	pressed := keys{}
	encoded, heard := make([]byte, media.RTPBufSize), make([]byte, 2*media.RTPBufSize)
	for over.Err() == nil {
		_ = m.StopRTP(1, longestQuiet)
		n, err := reader.Read(encoded)
		var network net.Error
		if errors.As(err, &network) && network.Timeout() {
			c.hangUp(errors.New("the other side was not heard any more"))
			return
		}
		if err != nil {
			slog.Debug("sound ended", "error", err)
			cancel()
			return
		}
		header := m.RTPPacketReader.PacketHeader
		if mayPress && header.PayloadType == events.PayloadTypeRecv() {
			if key, is := pressed.hear(header, encoded[:n]); is {
				c.wire.say(report{Event: "digit", Digit: string(key)})
			}
			continue
		}
		if header.PayloadType != codec.PayloadTypeRecv() {
			continue // comfort noise
		}
		if n, err = decoder.DecoderTo(heard, encoded[:n]); err == nil {
			if c.wire.send(soundKind, heard[:n]) != nil {
				return
			}
		}
	}
}

func (c *call) press(over context.Context, keys *diago.DTMFWriter) {
	for {
		var digits string
		select {
		case <-over.Done():
			return
		case digits = <-c.digits:
		}
		for _, digit := range digits {
			rest := betweenTwo
			if digit == 'p' {
				rest = pause
			} else if err := keys.WriteDTMF(unicode.ToUpper(digit)); err != nil {
				slog.Warn("a digit could not be sent", "error", err)
			}
			select {
			case <-over.Done():
				return
			case <-time.After(rest):
			}
		}
	}
}
