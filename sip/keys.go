// Keys that the other side presses, from the telephone events that it sends.

package main

import (
	"github.com/emiago/diago/media"
	"github.com/pion/rtp"
)

const lastKey = 15 // D; further events are no keys (RFC 4733, 3.2)

// keys tells each key once, as it is pressed: all packets of an event have the timestamp of its beginning (RFC 4733, 2.5.1),
// and any of them may be lost, or have a duration of 0.
type keys struct {
	known     bool
	source    uint32
	timestamp uint32
}

func (k *keys) hear(header rtp.Header, payload []byte) (rune, bool) {
	event := media.DTMFEvent{}
	if media.DTMFDecode(payload, &event) != nil || event.Event > lastKey {
		return 0, false
	}
	if k.known && header.SSRC == k.source && int32(header.Timestamp-k.timestamp) <= 0 {
		return 0, false // the same, or one that was overtaken
	}
	k.known, k.source, k.timestamp = true, header.SSRC, header.Timestamp
	return media.DTMFToRune(event.Event), true
}

// eventCodec is how the two sides have agreed to send keys.
func eventCodec(codecs []media.Codec) (media.Codec, bool) {
	for _, codec := range codecs {
		if codec.Matches(media.CodecTelephoneEvent8000) {
			return codec, true
		}
	}
	return media.Codec{}, false
}
