package extract

import (
	"fmt"
	"time"

	"pushloss/internal/calendar"
)

// WindowEnd is how the API takes a request's EndTime; no page says which (All/Tagged
// Users Push Loss Analysis).
type WindowEnd string

// The two readings.
const (
	EndExclusive WindowEnd = "exclusive" // the window ends before EndTime
	EndInclusive WindowEnd = "inclusive" // the second EndTime belongs to the window
)

// endTime is what a request gives as EndTime to ask for the window and no second
// more. The zero WindowEnd is EndExclusive.
func (e WindowEnd) endTime(w calendar.Window) time.Time {
	if e == EndInclusive {
		return w.End.Add(-time.Second)
	}
	return w.End
}

// ParseWindowEnd reads a WindowEnd.
func ParseWindowEnd(text string) (WindowEnd, error) {
	switch end := WindowEnd(text); end {
	case EndExclusive, EndInclusive:
		return end, nil
	}
	return "", fmt.Errorf("%q is not known: use exclusive or inclusive", text)
}
