package page

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
)

//go:embed assets
var assets embed.FS

// templates escape by the place of a text: what the API sent is never markup.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"count":   humanize.Commaf,
	"integer": humanize.Comma,
	"share":   share,
	"chart":   chartAddress,
	"clock":   clock,
}).ParseFS(assets, "assets/*.html"))

// share is a part of a whole in percent.
func share(part, whole float64) string {
	if whole == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 1, 64)
}

func chartAddress(s selection, theme, size string) string {
	query := s.Query()
	query.Set("theme", theme)
	query.Set("size", size)
	return lossChartPath + "?" + query.Encode()
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

func serveAssets(mux *http.ServeMux) {
	for path, contentType := range map[string]string{
		"/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml",
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			http.ServeFileFS(w, r, assets, "assets"+path)
		})
	}
	keys := keyStyles()
	mux.HandleFunc("GET /keys.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = io.WriteString(w, keys)
	})
}
