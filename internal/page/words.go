package page

import (
	"context"
	"embed"
	"net/http"
	"strings"
	"sync"

	xlanguage "golang.org/x/text/language"

	"pushloss/extract"
	"pushloss/internal/language"
	"pushloss/load"
)

//go:embed messages/*.json
var messages embed.FS

var texts = sync.OnceValue(func() language.Texts { return language.Read(messages) })

// words writes the page's texts in a language. Texts of people and the API's own messages stay as
// they are.
type words struct{ language.Printer }

func wordsIn(l language.Language) words { return words{texts().In(l)} }

type wordsKey struct{}

// wordsOf returns the words for the reader of a request.
func wordsOf(r *http.Request) words {
	if w, ok := r.Context().Value(wordsKey{}).(words); ok {
		return w
	}
	return wordsIn(language.English)
}

// inLanguage answers in the language that the address asks for (lang), or else in the one that the
// browser prefers, or else in the usual one.
func inLanguage(usual language.Language, next http.Handler) http.Handler {
	order := []language.Language{usual}
	for _, l := range language.All() {
		if usual == "" || l != usual {
			order = append(order, l)
		}
	}
	if usual == "" {
		order = order[1:]
	}
	tags := make([]xlanguage.Tag, len(order))
	for i, l := range order {
		tags[i] = xlanguage.Make(string(l))
	}
	matcher := xlanguage.NewMatcher(tags)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Language")
		l, err := language.Parse(r.URL.Query().Get("lang"))
		if err != nil {
			_, place := xlanguage.MatchStrings(matcher, r.Header.Get("Accept-Language"))
			l = order[place]
		}
		w.Header().Set("Content-Language", string(l))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), wordsKey{}, wordsIn(l))))
	})
}

// wrong says what is wrong with a parameter.
func (w words) wrong(p problem) string { return w.Text(p.Name, p.Values...) }

// channel returns the name of a series.
func (w words) channel(s series) string {
	if s.Others > 0 {
		return w.Text("others", s.Others)
	}
	return s.Platform
}

// percents writes percent signs as the language does.
func (w words) percents(text string) string {
	if w.Language == language.Chinese {
		return strings.ReplaceAll(text, " %", "%")
	}
	return text
}

// apiError translates an error of the API, also within another error.
func (w words) apiError(text string) string {
	if w.Language == language.Chinese {
		return extract.InChinese(text)
	}
	return text
}

func (w words) nameOf(j load.Jump) string {
	if w.Language == language.Chinese {
		return j.MeaningZh
	}
	return j.Name
}

func (w words) helpOf(j load.Jump) string {
	if w.Language == language.Chinese {
		return j.WhatToDoZh
	}
	return j.WhatToDo
}
