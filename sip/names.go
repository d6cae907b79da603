// Names that the other side says: the server looks each of them up once and checks it, and no name server is asked here.

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"
	"golang.org/x/net/dns/dnsmessage"
)

const nameLife = 1 // s; whoever asks again is told what holds then

var errUnreadableRoute = errors.New("a Record-Route could not be read")

// names has the addresses of names by the calls that named them; they are forgotten with the call.
type names struct {
	guard sync.Mutex
	found map[string]map[string]netip.Addr // by name, then by call
}

func (n *names) learn(call string, addresses map[string]string) {
	n.guard.Lock()
	defer n.guard.Unlock()
	if n.found == nil {
		n.found = map[string]map[string]netip.Addr{}
	}
	for name, address := range addresses {
		ip, err := netip.ParseAddr(address)
		if err != nil {
			continue
		}
		name = plain(name)
		if n.found[name] == nil {
			n.found[name] = map[string]netip.Addr{}
		}
		n.found[name][call] = ip
	}
}

func (n *names) forget(call string) {
	n.guard.Lock()
	defer n.guard.Unlock()
	for name, calls := range n.found {
		delete(calls, call)
		if len(calls) == 0 {
			delete(n.found, name)
		}
	}
}

func (n *names) address(name string) (netip.Addr, bool) {
	n.guard.Lock()
	defer n.guard.Unlock()
	for _, ip := range n.found[plain(name)] {
		return ip, true
	}
	return netip.Addr{}, false
}

// resolver is for the libraries, which would look up names of their own accord, and get another answer than the server.
func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go n.serve(there)
		return here, nil
	}}
}

// serve answers as a name server does over TCP (RFC 1035, 4.2.2).
func (n *names) serve(asked net.Conn) {
	defer asked.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(asked, length[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(asked, question); err != nil {
			return
		}
		answer, err := n.answer(question)
		if err != nil {
			return
		}
		if _, err := asked.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func (n *names) answer(question []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	head, err := parser.Start(question)
	if err != nil {
		return nil, err
	}
	asked, err := parser.Question()
	if err != nil {
		return nil, err
	}
	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: head.ID, Response: true, Authoritative: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{asked},
	}
	ip, known := n.address(asked.Name.String())
	here := dnsmessage.ResourceHeader{Name: asked.Name, Class: dnsmessage.ClassINET, TTL: nameLife}
	switch {
	case !known:
		answer.RCode = dnsmessage.RCodeNameError
	case asked.Type == dnsmessage.TypeA && ip.Unmap().Is4():
		answer.Answers = []dnsmessage.Resource{{Header: here, Body: &dnsmessage.AResource{A: ip.Unmap().As4()}}}
	case asked.Type == dnsmessage.TypeAAAA && !ip.Unmap().Is4():
		answer.Answers = []dnsmessage.Resource{{Header: here, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}}}
	}
	return answer.Pack()
}

func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// routes are the hosts that a call's requests go by, from its Record-Route.
func routes(headers []sip.Header) ([]string, error) {
	hosts := []string{}
	for _, header := range headers {
		for rest := header.Value(); rest != ""; {
			var first string
			first, rest = cutRoute(rest)
			var uri sip.Uri
			if _, err := sip.ParseAddressValue(strings.TrimSpace(first), &uri, nil); err != nil || uri.Host == "" {
				return nil, errUnreadableRoute
			}
			hosts = append(hosts, strings.Trim(uri.Host, "[]"))
		}
	}
	return hosts, nil
}

// cutRoute splits at the first comma that is in neither quotes nor brackets.
func cutRoute(routes string) (string, string) {
	quoted, bracketed := false, false
	for at, sign := range routes {
		switch {
		case sign == '"':
			quoted = !quoted
		case !quoted && sign == '<':
			bracketed = true
		case !quoted && sign == '>':
			bracketed = false
		case !quoted && !bracketed && sign == ',':
			return routes[:at], routes[at+1:]
		}
	}
	return routes, ""
}
