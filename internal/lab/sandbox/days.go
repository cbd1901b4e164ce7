package sandbox

import "time"

// wholeDays returns the days of a zone that belong to a window: those that start in it or, with
// touched, those that it touches. The zone's clocks must not change at midnight.
func wholeDays(in span, zone *time.Location, touched bool) span {
	first := dayStart(in.from, zone, 0)
	if !touched && first < in.from {
		first = dayStart(in.from, zone, 1)
	}
	end := dayStart(in.to, zone, 0)
	if end < in.to {
		end = dayStart(in.to, zone, 1)
	}
	return span{first, end}
}

// dayStart returns when the day of t starts, or the day that comes later days after it.
func dayStart(t int64, zone *time.Location, later int) int64 {
	year, month, date := time.Unix(t, 0).In(zone).Date()
	return time.Date(year, month, date+later, 0, 0, 0, 0, zone).Unix()
}
