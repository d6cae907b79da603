// A call to somebody: from the INVITE to the BYE.

package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

const (
	goodbye   = 3 * time.Second // for a BYE to be answered
	firstSign = 6 * time.Second // within which whoever is there says something
)

// outgoing is whom to call. Destination is the address that was looked at, host and port; it is dialled whatever the
// name in URI says by now.
type outgoing struct {
	URI         string            `json:"uri"`
	Destination string            `json:"destination"`
	Transport   string            `json:"transport"` // udp, tcp, tls
	From        string            `json:"from"`      // user@host; "" for nobody in particular
	Name        string            `json:"name"`
	Headers     map[string]string `json:"headers"`
	Username    string            `json:"username"`
	Password    string            `json:"password"`
	Secure      bool              `json:"secure"`  // whether the sound must be encrypted
	Public      string            `json:"public"`  // the address that others see, where it is not this machine's own
	Seconds     int               `json:"seconds"` // for which it may ring
	FirstPort   int               `json:"firstPort"`
	LastPort    int               `json:"lastPort"`
}

// dial sees one call through, and says how it ended.
func dial(w *wire) {
	defer w.close()
	kind, payload, err := w.receive()
	var first order
	if err == nil {
		err = json.Unmarshal(payload, &first)
	}
	if err != nil || kind != messageKind || first.Dial == nil {
		slog.Error("no call was asked for", "error", err)
		return
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	call := newCall(w, cancel)
	go call.obey()
	code, reason := call.dial(ctx, first.Dial)
	slog.Info("call over", "code", code, "reason", reason)
	w.say(report{Event: "ended", Code: code, Reason: reason})
}

func (c *call) dial(ctx context.Context, to *outgoing) (int, string) {
	media.RTPPortStart, media.RTPPortEnd = to.FirstPort, to.LastPort
	var recipient sip.Uri
	if err := sip.ParseUri(to.URI, &recipient); err != nil {
		return 0, fmt.Sprintf("%s is no SIP address", to.URI)
	}
	if host, _, err := net.SplitHostPort(to.Destination); err == nil {
		c.names.learn("", map[string]string{recipient.Host: host}) // a CANCEL goes by the name
	}
	serving, stop := context.WithCancel(context.Background()) // longer than the call is wanted: its end is answered, too
	defer stop()
	agent, telephone, err := openTelephone(serving, to, c.names.resolver())
	if err != nil {
		return 0, err.Error()
	}
	defer agent.Close()
	dialog, err := telephone.NewDialog(recipient, diago.NewDialogOptions{Transport: to.Transport})
	if err != nil {
		return 0, err.Error()
	}
	defer dialog.Close()
	dialog.InviteRequest.SetDestination(to.Destination)

	ringing, enough := context.WithCancelCause(context.Background())
	defer enough(nil)
	why := make(chan error, 1)
	go func() { why <- c.patience(ctx, ringing, time.Duration(to.Seconds)*time.Second, enough) }()
	sound, err := dialog.Invite(ringing, diago.InviteClientOptions{
		Headers:       to.headers(),
		Username:      to.Username,
		Password:      to.Password,
		RTPNAT:        media.RTPNATSymetric,
		OnResponse:    func(response *sip.Response) error { return c.progress(response, to.Secure) },
		OnMediaUpdate: c.mediaChanged,
	})
	if err != nil {
		enough(nil)
		if answer := dialog.InviteResponse; answer != nil && answer.IsSuccess() { // they think that we talk
			bye, late := context.WithTimeout(context.Background(), goodbye)
			defer late()
			_ = errors.Join(dialog.Ack(bye), dialog.Hangup(bye))
		}
		return whyNot(<-why, err)
	}
	enough(nil)
	if err := dialog.Ack(ctx); err != nil {
		return 0, fmt.Sprintf("the answer could not be acknowledged: %v", err)
	}
	c.carry(dialog.Context(), ctx, sound)
	if dialog.Context().Err() != nil {
		return 0, theyHungUp
	}
	bye, late := context.WithTimeout(context.Background(), goodbye)
	defer late()
	if err := dialog.Hangup(bye); err != nil {
		slog.Warn("the end was not acknowledged", "error", err)
	}
	return 0, context.Cause(ctx).Error()
}

// progress looks at each response, before anything in it is believed.
func (c *call) progress(response *sip.Response, secure bool) error {
	if c.signs.Add(1) == 1 {
		c.wire.say(report{Event: "trying"})
	}
	if response.StatusCode == sip.StatusRinging || response.StatusCode == sip.StatusSessionInProgress {
		c.wire.say(report{Event: "ringing"})
	}
	if !response.IsSuccess() {
		straight(response) // a CANCEL goes where the INVITE went (RFC 3261, 9.1)
		return nil
	}
	if secure && !strings.Contains(string(response.Body()), "RTP/SAVP") { // at once: whoever called waits for it
		straight(response)
		return errNotEncrypted
	}
	hosts, err := routes(response.GetHeaders("Record-Route"))
	if err == nil && !c.mayReach(append(hosts, soundHosts(response.Body())...)) {
		err = errForbidden
	}
	if err != nil {
		straight(response) // that it is over is told to whoever answered, not to whom they name
		return err
	}
	return nil
}

// straight has what is said after a response go to where it came from.
func straight(response *sip.Response) {
	for _, route := range response.GetHeaders("Record-Route") {
		response.RemoveHeader(route.Name()) // as they spell it
	}
}

func (to *outgoing) headers() []sip.Header {
	headers := make([]sip.Header, 0, len(to.Headers)+1)
	if user, host, found := strings.Cut(to.From, "@"); found {
		headers = append(headers, &sip.FromHeader{
			DisplayName: to.Name, Address: sip.Uri{User: user, Host: host}, Params: sip.NewParams(),
		})
	}
	for name, value := range to.Headers {
		headers = append(headers, sip.NewHeader(name, value))
	}
	return headers
}

// openTelephone listens where the destination can reach it: an answer, and later the other side's BYE, come there.
func openTelephone(
	ctx context.Context, to *outgoing, resolver *net.Resolver,
) (*sipgo.UserAgent, *diago.Diago, error) {
	here, err := ownAddress(to.Destination)
	if err != nil {
		return nil, nil, fmt.Errorf("%s cannot be reached: %w", to.Destination, err)
	}
	var uri sip.Uri
	_ = sip.ParseUri(to.URI, &uri)
	agent, err := sipgo.NewUA(
		sipgo.WithUserAgent("reelroom"),
		sipgo.WithUserAgentHostname(here),
		sipgo.WithUserAgentDNSResolver(resolver),
		sipgo.WithUserAgenTLSConfig(&tls.Config{ServerName: uri.Host, MinVersion: tls.VersionTLS12}),
	)
	if err != nil {
		return nil, nil, err
	}
	transport := diago.Transport{
		Transport: to.Transport, BindHost: here, ExternalHost: to.Public, RewriteContact: true, MediaSRTP: count(to.Secure),
	}
	telephone := diago.NewDiago(agent, diago.WithTransport(transport))
	if to.Transport != "tls" { // without a certificate nobody can call back there: what they say comes over our connection
		refuse := func(d *diago.DialogServerSession) { _ = d.Respond(sip.StatusNotFound, "Not Found", nil) }
		if err := telephone.ServeBackground(ctx, refuse); err != nil {
			_ = agent.Close()
			return nil, nil, err
		}
	}
	return agent, telephone, nil
}

// ownAddress is the one of this machine's that packets to a destination come from. Nothing is sent.
func ownAddress(destination string) (string, error) {
	connection, err := net.Dial("udp", destination)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	host, _, err := net.SplitHostPort(connection.LocalAddr().String())
	return host, err
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// patience ends the ringing once there was enough of it, and returns why; nil where that was not what ended it.
func (c *call) patience(wanted, ringing context.Context, longest time.Duration, enough context.CancelCauseFunc) error {
	sign, limit := time.NewTimer(firstSign), time.NewTimer(longest)
	defer sign.Stop()
	defer limit.Stop()
	for {
		var why error
		select {
		case <-ringing.Done():
			return nil
		case <-wanted.Done():
			why = context.Cause(wanted)
		case <-limit.C:
			why = errNoAnswer
		case <-sign.C:
			if c.signs.Load() > 0 {
				continue
			}
			why = errNobodyThere
		}
		if c.signs.Load() > 0 {
			enough(why)
		} else { // there is nothing that could be cancelled (RFC 3261, 9.1)
			enough(sipgo.WaitAnswerForceCancelErr)
		}
		return why
	}
}

// whyNot is the status and the words of a call that was not answered: because we lost patience, or they said no.
func whyNot(patience, err error) (int, string) {
	var response *sipgo.ErrDialogResponse
	switch {
	case patience != nil:
		return 0, patience.Error()
	case errors.As(err, &response):
		return int(response.Res.StatusCode), response.Res.Reason
	case errors.Is(err, syscall.ECONNREFUSED):
		return 0, errNobodyThere.Error()
	}
	return 0, err.Error()
}
