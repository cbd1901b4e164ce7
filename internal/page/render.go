package page

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"pushloss/internal/language"
)

// templates escape a text by its place, so that what the API sent is never markup. They are parsed
// once for each language.
var templates = sync.OnceValue(func() map[language.Language]*template.Template {
	all := make(map[language.Language]*template.Template)
	for _, l := range language.All() {
		all[l] = template.Must(template.New("").Funcs(functions(wordsIn(l))).ParseFS(files, "assets/*.html"))
	}
	return all
})

func functions(w words) template.FuncMap {
	return template.FuncMap{
		"count":      humanize.Commaf,
		"integer":    humanize.Comma,
		"id":         func(number int64) string { return strconv.FormatInt(number, 10) },
		"share":      share,
		"percent":    func(part, whole float64) string { return w.percents(share(part, whole) + " %") },
		"percents":   w.percents,
		"rate":       func(part, whole float64) string { return w.percents(rate(part, whole)) },
		"clock":      clock,
		"dict":       dict,
		"parts":      func(name string) []string { return strings.SplitAfter(name, "_") },
		"stylesheet": func() string { return stylesheet.Path },
		"icon":       func() string { return icon.Path },
		"language":   func() language.Language { return w.Language },
		"text":       w.Text,
		"wrong":      w.wrong,
		"channel":    w.channel,
		"apiError":   w.apiError,
		"nameOf":     w.nameOf,
		"helpOf":     w.helpOf,
		"home":       func() string { return "/?lang=" + string(w.Language) },
	}
}

// share returns part of whole in percent.
func share(part, whole float64) string {
	if whole == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 1, 64)
}

// rate returns part of the pushes in percent, or a dash if their number is not known.
func rate(part, whole float64) string {
	if whole == 0 {
		return "–"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 2, 64) + " %"
}

// dict gives a template several values by name, in pairs.
func dict(pairs ...any) map[string]any {
	values := make(map[string]any)
	for i := 0; i+1 < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return values
}

// clock formats a time as the app's own clocks show it.
func clock(at time.Time, of app) string { return at.In(of.location()).Format("2006-01-02 15:04") }

// show answers with a template, as a whole or not at all.
func show(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var body bytes.Buffer
	if err := templates()[wordsOf(r).Language].ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// message is a short page, by the names of its texts.
type message struct{ Title, Text string }

func sayMessage(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	show(w, r, status, "message", message{title, text})
}
