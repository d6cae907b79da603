// The codecs that the tap asks the engine for, and how each is taken apart.

package main

import (
	"fmt"
	"strings"

	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/pion/webrtc/v4"
)

const videoRate = 90000 // Hz, for every video codec in RTP

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

// offeredCodecs replaces the SDK's list. It has no RED, so that sound arrives as plain Opus, and NACK for
// sound, which the engine answers. Each video codec needs its RTX: the engine sends lost packets again as
// RTX even to those who did not ask for it, and there they are dropped as unknown.
func offeredCodecs(params *signalling.ConnectParams) {
	add := func(mimeType string, rate uint32, channels uint16, format string, feedback []webrtc.RTCPFeedback, payloadType webrtc.PayloadType) {
		params.Codecs = append(params.Codecs, webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: mimeType, ClockRate: rate, Channels: channels, SDPFmtpLine: format, RTCPFeedback: feedback,
			},
			PayloadType: payloadType,
		})
	}
	video := func(mimeType, format string, payloadType webrtc.PayloadType) {
		feedback := []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
		add(mimeType, videoRate, 0, format, feedback, payloadType)
		add(webrtc.MimeTypeRTX, videoRate, 0, fmt.Sprintf("apt=%d", payloadType), nil, payloadType+1)
	}
	add(webrtc.MimeTypeOpus, opusRate, 2, "minptime=10;useinbandfec=1", []webrtc.RTCPFeedback{{Type: "nack"}}, 111)
	video(webrtc.MimeTypeVP8, "", 96)
	video(webrtc.MimeTypeVP9, "profile-id=0", 98)
	video(webrtc.MimeTypeVP9, "profile-id=1", 100)
	video(webrtc.MimeTypeAV1, "", 45)
	const h264 = "level-asymmetry-allowed=1;packetization-mode="
	video(webrtc.MimeTypeH264, h264+"1;profile-level-id=42e01f", 102)
	video(webrtc.MimeTypeH264, h264+"0;profile-level-id=42e01f", 104)
	video(webrtc.MimeTypeH264, h264+"1;profile-level-id=42001f", 106)
	video(webrtc.MimeTypeH264, h264+"0;profile-level-id=42001f", 108)
	video(webrtc.MimeTypeH264, h264+"1;profile-level-id=4d001f", 116)
	video(webrtc.MimeTypeH264, h264+"0;profile-level-id=4d001f", 118)
	video(webrtc.MimeTypeH264, h264+"1;profile-level-id=640032", 120)
	video(webrtc.MimeTypeH264, h264+"1;profile-level-id=64001f", 122)
}
