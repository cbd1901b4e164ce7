// Package calibrate measures what the API's pages leave open: whether EndTime belongs to a window,
// whether and where the service cuts days, whether the windows of days add up to the window of a
// week, how far back the API remembers, and how late its figures still change. From that, it
// recommends settings.
//
// All of it rests on one comparison: what the API reports of two windows that
// differ by a second, an hour or a day.
//
//	                 base ├──────────── C(t) ────────────┤ t
//	C(t) grows       all day long: the service cuts no days
//	                 at one time of the day: it cuts them there
//	C(t) + rest      = the whole: EndTime is exclusive
//	                 = the whole, and what was lost at t once more: inclusive
//
// A question whose answers contradict each other, or whose figures changed while
// they were asked for, stays unknown, with what would settle it. The package makes
// a bounded number of requests and changes nothing.
package calibrate
