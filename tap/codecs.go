// The codecs that the tap asks the engine for, and how each is taken apart.

package main

import (
	"strings"

	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/pion/webrtc/v4"
)

type codec struct {
	name    string // in events
	codecID string // in Matroska
	open    func() depacketizer
}

var knownCodecs = map[string]codec{
	"audio/opus": {"opus", "A_OPUS", func() depacketizer { return &opusDepacketizer{} }},
	"video/vp8":  {"vp8", "V_VP8", func() depacketizer { return &vp8Depacketizer{} }},
	"video/vp9":  {"vp9", "V_VP9", func() depacketizer { return &vp9Depacketizer{} }},
	"video/h264": {"h264", "V_MPEG4/ISO/AVC", func() depacketizer { return newH264Depacketizer() }},
	"video/av1":  {"av1", "V_AV1", func() depacketizer { return &av1Depacketizer{} }},
}

func codecOf(mimeType string) (codec, bool) {
	c, ok := knownCodecs[strings.ToLower(mimeType)]
	return c, ok
}

// offeredCodecs replaces the SDK's list. It has no RED, so that sound arrives as plain Opus; NACK for
// sound, which the engine answers; and no RTX: without it the engine sends a lost packet again in the
// stream itself, where the reorder buffer sees it at once. (The SDK's reader looks for packets of a
// second stream only when the first one delivers.)
func offeredCodecs(params *signalling.ConnectParams) {
	nack := []webrtc.RTCPFeedback{{Type: "nack"}}
	video := []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	add := func(mimeType string, rate uint32, channels uint16, format string, feedback []webrtc.RTCPFeedback, payloadType webrtc.PayloadType) {
		params.Codecs = append(params.Codecs, webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: mimeType, ClockRate: rate, Channels: channels, SDPFmtpLine: format, RTCPFeedback: feedback,
			},
			PayloadType: payloadType,
		})
	}
	add(webrtc.MimeTypeOpus, opusRate, 2, "minptime=10;useinbandfec=1", nack, 111)
	add(webrtc.MimeTypeVP8, 90000, 0, "", video, 96)
	add(webrtc.MimeTypeVP9, 90000, 0, "profile-id=0", video, 98)
	add(webrtc.MimeTypeVP9, 90000, 0, "profile-id=1", video, 100)
	add(webrtc.MimeTypeAV1, 90000, 0, "", video, 45)
	const h264 = "level-asymmetry-allowed=1;packetization-mode="
	add(webrtc.MimeTypeH264, 90000, 0, h264+"1;profile-level-id=42e01f", video, 108)
	add(webrtc.MimeTypeH264, 90000, 0, h264+"0;profile-level-id=42e01f", video, 109)
	add(webrtc.MimeTypeH264, 90000, 0, h264+"1;profile-level-id=42001f", video, 102)
	add(webrtc.MimeTypeH264, 90000, 0, h264+"0;profile-level-id=42001f", video, 127)
	add(webrtc.MimeTypeH264, 90000, 0, h264+"1;profile-level-id=4d001f", video, 125)
	add(webrtc.MimeTypeH264, 90000, 0, h264+"0;profile-level-id=4d001f", video, 39)
	add(webrtc.MimeTypeH264, 90000, 0, h264+"1;profile-level-id=640032", video, 123)
	add(webrtc.MimeTypeH264, 90000, 0, h264+"1;profile-level-id=64001f", video, 112)
}
