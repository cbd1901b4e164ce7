package calendar

// Span is several days in a row, both ends included. It is empty if Last is before First.
type Span struct {
	First Day `json:"first_day"`
	Last  Day `json:"last_day"`
}

// Has reports whether the day belongs to the span.
func (s Span) Has(day Day) bool { return s.First <= day && day <= s.Last }

func (s Span) String() string { return s.First.String() + " to " + s.Last.String() }
