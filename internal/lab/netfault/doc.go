// Package netfault puts a network between the two ends of TCP connections. Tests can cut, break and
// delay it at any moment. A cut is complete: neither side notices anything of the other, not even
// that it ends.
package netfault
