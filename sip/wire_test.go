package main

import (
	"bytes"
	"net"
	"testing"
)

func TestSoundAndMessagesComeAsTheyWereSent(t *testing.T) {
	here, there := net.Pipe()
	near, far := newWire(here), newWire(there)
	go func() {
		_ = near.send(soundKind, []byte{1, 2, 3, 4})
		near.say(report{Event: "digit", Digit: "#"})
		near.close()
	}()
	kind, payload, err := far.receive()
	if err != nil || kind != soundKind || !bytes.Equal(payload, []byte{1, 2, 3, 4}) {
		t.Errorf("%c %v %v came", kind, payload, err)
	}
	kind, payload, err = far.receive()
	if err != nil || kind != messageKind || string(payload) != `{"event":"digit","digit":"#"}` {
		t.Errorf("%c %s %v came", kind, payload, err)
	}
	if _, _, err = far.receive(); err == nil {
		t.Error("its end was not noticed")
	}
}

func TestSoundThatIsLateMakesRoomForNewer(t *testing.T) {
	c := newCall(nil, nil)
	for number := range waiting + 3 {
		c.keep([]byte{byte(number)})
	}
	if oldest := <-c.sound; oldest[0] != 3 || len(c.sound) != waiting-1 {
		t.Errorf("%d is first of %d", oldest[0], len(c.sound)+1)
	}
}

func TestWhereSoundIsToGoIsRead(t *testing.T) {
	body := "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
	if hosts := soundHosts([]byte(body)); len(hosts) != 1 || hosts[0] != "192.0.2.9" {
		t.Errorf("%v", hosts)
	}
}
