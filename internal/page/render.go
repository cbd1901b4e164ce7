package page

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// templates escape by the place of a text: what the API sent is never markup.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"count":      humanize.Commaf,
	"integer":    humanize.Comma,
	"share":      share,
	"rate":       rate,
	"clock":      clock,
	"dict":       dict,
	"parts":      func(name string) []string { return strings.SplitAfter(name, "_") },
	"stylesheet": func() string { return stylesheet.Path },
	"icon":       func() string { return icon.Path },
}).ParseFS(files, "assets/*.html"))

// share is a part of a whole in percent.
func share(part, whole float64) string {
	if whole == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 1, 64)
}

// rate is a part of the pushes that it is of, in percent; a dash where these are not known.
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

// clock is a moment as the app's own clocks show it.
func clock(at time.Time, of app) string { return at.In(of.location()).Format("2006-01-02 15:04") }

// show answers with a template, whole or not at all.
func show(w http.ResponseWriter, status int, name string, data any) {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// message is a page of a few words.
type message struct{ Title, Text string }

func sayMessage(w http.ResponseWriter, status int, title, text string) {
	show(w, status, "message", message{title, text})
}
