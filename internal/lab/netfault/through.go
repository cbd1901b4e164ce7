package netfault

import (
	"net/url"
	"testing"
)

// Through returns the URL of the same server through a network, which ends with the test.
func Through(t testing.TB, address string) (string, *Network) {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	network, err := New(parsed.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	parsed.Host = network.Address()
	return parsed.String(), network
}
