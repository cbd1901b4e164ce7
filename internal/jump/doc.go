// Package jump finds losses that stand out against their own past. It is pure: figures go in,
// events come out, and the same figures always make the same events.
//
//	figures of days, with their changes ─▶ usual and spread of the days before ─▶ flagged days ─▶ one event per cause
//
// A cause is a stage, a channel and a code. Its value on a day is its share of the channel's pushes
// or, if the number of pushes is not known, its count. A day is compared with the days before it as
// these were at the same age, so growing figures do not look like a drop. The days of an event do
// not count as usual.
package jump
