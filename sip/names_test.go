package main

import (
	"context"
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestANameIsWhereItWasLookedAtAndNowhereElse(t *testing.T) {
	known := names{}
	resolver := known.resolver()
	if found, err := resolver.LookupIPAddr(context.Background(), "proxy.example.com"); err == nil {
		t.Errorf("%v was found for a name that nobody looked at", found)
	}
	known.learn("a", map[string]string{"Proxy.example.com": "192.0.2.7", "six.example.com": "2001:db8::7", "no": "words"})
	for name, address := range map[string]string{"proxy.example.COM": "192.0.2.7", "six.example.com": "2001:db8::7"} {
		found, err := resolver.LookupIPAddr(context.Background(), name)
		if err != nil || len(found) != 1 || found[0].String() != address {
			t.Errorf("%s is at %v, %v", name, found, err)
		}
	}
	known.learn("b", map[string]string{"proxy.example.com": "192.0.2.7"})
	known.forget("a")
	if _, err := resolver.LookupIPAddr(context.Background(), "proxy.example.com"); err != nil {
		t.Errorf("what one call still needs was forgotten with another: %v", err)
	}
	known.forget("b")
	if len(known.found) != 0 {
		t.Errorf("%v is left of calls that are over", known.found)
	}
}

func TestEveryHostOfARecordRouteIsLookedAt(t *testing.T) {
	for said, hosts := range map[string][]string{
		`<sip:one.example.com;lr>`:                            {"one.example.com"},
		`<sip:one.example.com;lr>,<sip:192.0.2.1:5070;lr>`:    {"one.example.com", "192.0.2.1"},
		`"a, <sip:b>" <sip:one.example.com;lr>, sip:ann@two`:  {"one.example.com", "two"},
		`<sip:[2001:db8::1]:5060;lr>`:                         {"2001:db8::1"},
		`<sip:one.example.com?Subject=a,b>, <sips:two;lr=on>`: {"one.example.com", "two"},
	} {
		found, err := routes([]sip.Header{sip.NewHeader("Record-Route", said)})
		if err != nil || !slices.Equal(found, hosts) {
			t.Errorf("%s: %v, %v", said, found, err)
		}
	}
	for _, said := range []string{"<sip:>", "<>", ",", "nonsense", "<sip:one", "<sip:one>,"} {
		found, err := routes([]sip.Header{sip.NewHeader("Record-Route", said)})
		if err == nil && !slices.Equal(found, []string{"one"}) {
			t.Errorf("%s: %v was read", said, found)
		}
	}
}
