// Calls that come in: who rings is reported, and the server says what becomes of each.

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

const (
	decideWithin = 10 * time.Second // for the server to say whether a call is answered
	silentFor    = 12 * time.Second // without a sign of life: the server is frozen (processes/inside.py)
	hangUpFor    = 5 * time.Second  // for the other side to say that it has heard so
	atOnceFor    = 4 * time.Second  // for all that are hung up at the end
)

// noted is what the server is told of a call, one line of JSON each.
type noted struct {
	Event   string   `json:"event"` // listening, call, may, digit, gone
	Call    string   `json:"call,omitempty"`
	To      string   `json:"to,omitempty"`      // the user part of the address that was called
	From    string   `json:"from,omitempty"`    // and of who says to be calling
	Address string   `json:"address,omitempty"` // that the call comes from
	Hosts   []string `json:"hosts,omitempty"`   // that packets are to be sent to
	Digit   string   `json:"digit,omitempty"`
}

// decided is what the server says of a call, one line of JSON each.
type decided struct {
	Call   string `json:"call"`
	Answer bool   `json:"answer"`
	Refuse int    `json:"refuse"` // a SIP status
	Reason string `json:"reason"`
	Play   string `json:"play"`   // a prompt
	Join   string `json:"join"`   // the socket of the process that takes the call into its session
	Hangup bool   `json:"hangup"` // after what is played
	Allow  *bool  `json:"allow"`
	// The address of each host that was named, as it was looked up, with the answer.
	Addresses map[string]string `json:"addresses"`
}

type exchange struct {
	prompts map[string][]byte
	most    int
	writing sync.Mutex
	out     io.Writer
	holding sync.Mutex
	calls   map[string]*visitor
	names   names
}

// serve takes calls until the server is gone, or wants no more.
func serve(arguments []string) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	listen := flags.String("listen", "", "host:port, for UDP and TCP")
	public := flags.String("public", "", "the address that others see, where it is another")
	ports := flags.String("media-ports", "", "UDP ports of sound, such as 20000-20999")
	folder := flags.String("prompts", "", "where the prompts are")
	most := flags.Int("most", 20, "calls at once")
	if flags.Parse(arguments) != nil {
		return exitUsage
	}
	prompts, err := readPrompts(*folder)
	if err != nil {
		slog.Error("no prompts", "error", err)
		return exitUsage
	}
	host, port, err := net.SplitHostPort(*listen)
	number, bad := strconv.Atoi(port)
	if err = errors.Join(err, bad); err != nil {
		slog.Error("no address to listen at", "listen", *listen, "error", err)
		return exitUsage
	}
	if first, last, found := strings.Cut(*ports, "-"); found {
		media.RTPPortStart, _ = strconv.Atoi(first)
		media.RTPPortEnd, _ = strconv.Atoi(last)
	}
	e := &exchange{prompts: prompts, most: *most, out: os.Stdout, calls: map[string]*visitor{}}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := e.run(ctx, host, number, *public, os.Stdin); err != nil {
		slog.Error("no calls can come in", "listen", *listen, "error", err)
		return exitFailed
	}
	return exitOver
}

func (e *exchange) run(ctx context.Context, host string, port int, public string, orders io.Reader) error {
	agent, err := sipgo.NewUA(sipgo.WithUserAgent("reelroom"), sipgo.WithUserAgentDNSResolver(e.names.resolver()))
	if err != nil {
		return err
	}
	defer agent.Close()
	// Whoever offers keys (SDES, RFC 4568) gets ours, and sound is encrypted both ways; to who offers none it goes as it
	// came. The answer's profile is that of the offer (RFC 3264, 6).
	media.RTPProfileSAVPDisable = true
	options := []diago.DiagoOption{diago.WithServerRequestMiddleware(unharmed)}
	for _, transport := range []string{"udp", "tcp"} {
		options = append(options, diago.WithTransport(diago.Transport{
			Transport: transport, BindHost: host, BindPort: port, ExternalHost: public, RewriteContact: true, MediaSRTP: 1,
		}))
	}
	serving, end := context.WithCancel(context.Background()) // longer than calls are wanted: their ends are answered, too
	defer end()
	if err := diago.NewDiago(agent, options...).ServeBackground(serving, e.take); err != nil {
		return err
	}
	e.say(noted{Event: "listening"})
	gone := make(chan struct{})
	go e.obey(orders, gone)
	select {
	case <-ctx.Done():
	case <-gone:
	}
	e.endAll()
	return nil
}

func (e *exchange) say(what noted) {
	line, err := json.Marshal(what)
	if err != nil {
		return
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	_, _ = e.out.Write(append(line, '\n'))
}

// obey closes gone once the server is, or gives no sign of life any more.
func (e *exchange) obey(orders io.Reader, gone chan<- struct{}) {
	alive := make(chan struct{}, 1)
	go func() {
		lines := bufio.NewScanner(orders)
		for lines.Scan() {
			select {
			case alive <- struct{}{}:
			default:
			}
			var said decided
			if len(lines.Bytes()) == 0 || json.Unmarshal(lines.Bytes(), &said) != nil {
				continue
			}
			e.holding.Lock()
			v := e.calls[said.Call]
			e.holding.Unlock()
			if v != nil {
				v.obey(said)
			}
		}
		close(alive)
	}()
	defer close(gone)
	for {
		select {
		case _, there := <-alive:
			if !there {
				return
			}
		case <-time.After(silentFor):
			slog.Error("the server gives no sign of life")
			return
		}
	}
}

func (e *exchange) endAll() {
	e.holding.Lock()
	for _, v := range e.calls {
		v.hangUp(errHungUp)
	}
	e.holding.Unlock()
	deadline := time.Now().Add(atOnceFor)
	for time.Now().Before(deadline) {
		e.holding.Lock()
		left := len(e.calls)
		e.holding.Unlock()
		if left == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (e *exchange) enter(v *visitor) bool {
	e.holding.Lock()
	defer e.holding.Unlock()
	if len(e.calls) >= e.most {
		return false
	}
	e.calls[v.id] = v
	return true
}

func (e *exchange) leave(v *visitor) {
	e.holding.Lock()
	delete(e.calls, v.id)
	e.holding.Unlock()
	e.names.forget(v.id)
	e.say(noted{Event: "gone", Call: v.id})
}

// unharmed sees to it that what one caller sends, however broken, ends no call but theirs.
func unharmed(next sipgo.RequestHandler) sipgo.RequestHandler {
	return func(request *sip.Request, transaction sip.ServerTransaction) {
		defer func() {
			if trouble := recover(); trouble != nil {
				slog.Error("a request could not be read", "method", request.Method, "error", fmt.Sprint(trouble))
				_ = transaction.Respond(sip.NewResponseFromRequest(request, sip.StatusBadRequest, "Bad Request", nil))
			}
		}()
		next(request, transaction)
	}
}

// take sees one call through.
func (e *exchange) take(d *diago.DialogServerSession) {
	asked := d.InviteRequest
	if asked.From() == nil || asked.Contact() == nil || len(asked.Body()) == 0 {
		_ = d.Respond(sip.StatusNotAcceptableHere, "Sound has to be offered", nil)
		return
	}
	address, _, err := net.SplitHostPort(asked.Source())
	if err != nil {
		_ = d.Respond(sip.StatusBadRequest, "Bad Request", nil)
		return
	}
	hosts, err := routes(asked.GetHeaders("Record-Route"))
	if err != nil {
		_ = d.Respond(sip.StatusBadRequest, "Bad Request", nil)
		return
	}
	hosts = append(hosts, soundHosts(asked.Body())...)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	v := newVisitor(e, rand.Text(), cancel)
	if !e.enter(v) {
		_ = d.Respond(sip.StatusServiceUnavailable, "Too many calls", nil)
		return
	}
	defer e.leave(v)
	_ = d.Trying()
	e.say(noted{Event: "call", Call: v.id, To: asked.Recipient.User, From: d.FromUser(), Address: address, Hosts: hosts})
	select {
	case <-d.Context().Done():
	case <-ctx.Done():
		_ = d.Respond(sip.StatusTemporarilyUnavailable, "Temporarily Unavailable", nil)
	case <-time.After(decideWithin):
		_ = d.Respond(sip.StatusServiceUnavailable, "Service Unavailable", nil)
	case said := <-v.verdict:
		if said.Refuse != 0 {
			_ = d.Respond(said.Refuse, said.Reason, nil)
			return
		}
		v.visit(ctx, d, hosts)
		hangUp(d)
	}
}

// hangUp says that a call is over, which diago would do later, when the names that it goes by have been forgotten.
func hangUp(d *diago.DialogServerSession) {
	if d.Context().Err() != nil || d.LoadState() != sip.DialogStateConfirmed {
		return
	}
	ctx, cancel := context.WithTimeout(d.Context(), hangUpFor)
	defer cancel()
	if err := d.Hangup(ctx); err != nil && d.Context().Err() == nil {
		slog.Warn("a call could not be hung up", "error", err)
	}
}
