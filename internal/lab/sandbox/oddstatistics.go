package sandbox

// counterNames are the keys of the four counters on the API page All/Tagged Users Push Data Statistics, in its order.
var counterNames = [...]string{"TotalCount", "SentCount", "DeliveredCount", "ClickCount"}

// delivered is the counter that oddities make wrong.
const delivered = 2

// oddCounters are the four counters as JSON; "" leaves one out.
type oddCounters [len(counterNames)]string

// oddChannel is a row of PlatformStatistics for an answer with oddities.
type oddChannel struct {
	event, platform int
	counters        oddCounters
}

// oddStatistics is what an answer reports about the pushes of a task, or of the chats, as JSON.
type oddStatistics struct {
	counters oddCounters
	rows     []oddChannel
}

func (w *world) oddStatistics(v *view, odd oddity) oddStatistics {
	var st Statistics
	if !v.forgotten && !odd.has(oddEmpty) {
		st = w.statistics(v)
	}
	o := oddStatistics{counters: oddCountersOf(st.Counts, odd)}
	for _, p := range st.Platform {
		row := oddChannel{p.EventType, p.PushPlatform, oddCountersOf(p.Counts, odd)}
		if odd.has(oddDuplicateRows) && p.Total >= 3 {
			part := Counts{p.Total / 3, p.Sent / 3, p.Delivered / 3, p.Click / 3}
			row.counters = oddCountersOf(part, odd)
			o.rows = append(o.rows, row)
			rest := Counts{p.Total - part.Total, p.Sent - part.Sent, p.Delivered - part.Delivered, p.Click - part.Click}
			row.counters = oddCountersOf(rest, odd)
		}
		o.rows = append(o.rows, row)
	}
	if odd.has(oddEmpty) {
		return o
	}
	for _, bad := range []struct {
		when  oddity
		count string
	}{{oddNegativeCount, "-3"}, {oddFractionalCount, "2.5"}, {oddMissingCount, ""}} {
		if odd.has(bad.when) {
			row := oddChannel{w.offline(), badPlatform, oddCountersOf(Counts{7, 6, 5, 1}, odd)}
			row.counters[delivered] = bad.count
			o.rows = append(o.rows, row)
		}
	}
	return o
}

// badPlatform is the platform of invalid rows.
const badPlatform = 77

func oddCountersOf(c Counts, odd oddity) oddCounters {
	return oddCounters{jsonCount(c.Total, odd), jsonCount(c.Sent, odd), jsonCount(c.Delivered, odd), jsonCount(c.Click, odd)}
}

// spoil makes one of the result's own counters wrong, instead of one in a row.
func (o *oddStatistics) spoil(odd oddity) {
	switch {
	case odd.has(oddNegativeCounter):
		o.counters[delivered] = "-3"
	case odd.has(oddFractionalCounter):
		o.counters[delivered] = "2.5"
	case odd.has(oddMissingCounter):
		o.counters[delivered] = ""
	}
}

// append writes counters and rows, each after a comma.
func (o oddStatistics) append(b []byte, odd oddity) []byte {
	b = o.counters.append(b)
	return appendOddArray(b, "PlatformStatistics", o.rows, odd, func(b []byte, row oddChannel) []byte {
		b = append(b, '{')
		b = appendChannel(b, row.event, row.platform)
		b = row.counters.append(b)
		return append(appendOddFields(b, odd), '}')
	})
}

func (c oddCounters) append(b []byte) []byte {
	for i, count := range c {
		if count != "" {
			b = append(b, `,"`+counterNames[i]+`":`+count...)
		}
	}
	return b
}
