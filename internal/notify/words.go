package notify

import (
	"embed"
	"strconv"
	"sync"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/language"
)

//go:embed messages/*.json
var messages embed.FS

var texts = sync.OnceValue(func() language.Texts { return language.Read(messages) })

// Words writes verdicts and notices in a language. It translates the codes of the API's errors; the
// API's own messages and other errors stay as they are.
type Words struct{ language.Printer }

// In returns the words of a language.
func In(l language.Language) Words { return Words{texts().In(l)} }

// Test returns a notice by which an operator finds out whether the targets accept it.
func (w Words) Test(now time.Time) Notice {
	return Notice{Title: w.Text("test.title"), Body: w.Text("test.body", w.Time("time.layout", now.UTC()))}
}

func (w Words) span(days calendar.Span) string {
	return w.Text("days.span", days.First.String(), days.Last.String())
}

// apiError translates an error of the API.
func (w Words) apiError(text string) string {
	if w.Language == language.Chinese {
		return extract.InChinese(text)
	}
	return text
}

// advice translates what an error of the API asks an operator to do.
func (w Words) advice(hint string) string {
	if w.Language == language.Chinese {
		return extract.AdviceInChinese(hint)
	}
	return hint
}

// id formats a number that is a name, without separators.
func id(number int64) string { return strconv.FormatInt(number, 10) }
