package notify

import (
	"embed"
	"strconv"
	"sync"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/language"
)

//go:embed messages/*.json
var messages embed.FS

var texts = sync.OnceValue(func() language.Texts { return language.Read(messages) })

// Words writes verdicts and notices in a language. What comes from the API, from an error or
// from a log stays as it is.
type Words struct{ language.Printer }

// In returns the words of a language.
func In(l language.Language) Words { return Words{texts().In(l)} }

// Test is the notice that an operator sends to see whether the targets accept it.
func (w Words) Test(now time.Time) Notice {
	return Notice{Title: w.Text("test.title"), Body: w.Text("test.body", w.Time("time.layout", now.UTC()))}
}

func (w Words) span(days calendar.Span) string {
	return w.Text("days.span", days.First.String(), days.Last.String())
}

// id is a number that is a name: it has no separators.
func id(number int64) string { return strconv.FormatInt(number, 10) }
