// Package netfault puts a network between the two ends of TCP connections that can
// be cut, broken and slowed down at any moment, for tests. A cut is a real one:
// neither side learns anything of the other, not even its end.
package netfault
