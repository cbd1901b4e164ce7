package extract

import "fmt"

// WindowEnd is how the API takes a request's EndTime; no page says which (All/Tagged
// Users Push Loss Analysis).
type WindowEnd string

// The two readings.
const (
	EndExclusive WindowEnd = "exclusive" // the window ends before EndTime
	EndInclusive WindowEnd = "inclusive" // the second EndTime belongs to the window
)

// ParseWindowEnd reads a WindowEnd.
func ParseWindowEnd(text string) (WindowEnd, error) {
	switch end := WindowEnd(text); end {
	case EndExclusive, EndInclusive:
		return end, nil
	}
	return "", fmt.Errorf("%q is not known: use exclusive or inclusive", text)
}
