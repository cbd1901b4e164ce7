// Package jsonwalk reads the JSON of the API's answers member by member. The client needs their
// code and message; package transform needs their lists.
package jsonwalk

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Syntax are the options for reading an answer. It may have text that is not UTF-8 and
// repeated names: the reader of a member decides what these mean.
var Syntax = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// Reader reads a text of strict JSON from its beginning. Values and names that it returns
// are valid until the next call.
type Reader struct {
	*jsontext.Decoder
	text []byte
}

// Read returns a reader of the text.
func Read(text []byte) *Reader {
	return &Reader{Decoder: jsontext.NewDecoder(bytes.NewBuffer(text), Syntax), text: text}
}

// SkipValue skips the next value. The decoder's own method reads an object or an array token by
// token, which takes longer.
func (r *Reader) SkipValue() error {
	_, err := r.ReadValue()
	return err
}

// Members visits the members of the object that is the next value. visit must consume the member's
// value.
func (r *Reader) Members(visit func(name []byte) error) error {
	if kind := r.PeekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindInvalid {
		return fmt.Errorf("it is a JSON %s, not an object", nameOf(kind))
	}
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	for r.PeekKind() != jsontext.KindEndObject {
		name, err := r.ReadValue()
		if err != nil {
			return err
		}
		if err := visit(Content(name)); err != nil {
			return err
		}
	}
	_, err := r.ReadToken()
	return err
}

func nameOf(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindBeginArray:
		return "array"
	case jsontext.KindNumber:
		return "number"
	}
	return kind.String()
}

// Elements visits the elements of the array that is the next value; null counts as an empty array.
// It skips any other value and returns false.
func (r *Reader) Elements(visit func() error) (isArray bool, err error) {
	switch r.PeekKind() {
	case jsontext.KindNull:
		return true, r.SkipValue()
	case jsontext.KindBeginArray:
	default:
		return false, r.SkipValue()
	}
	if _, err := r.ReadToken(); err != nil {
		return true, err
	}
	for {
		switch r.PeekKind() {
		case jsontext.KindEndArray, jsontext.KindInvalid:
			_, err := r.ReadToken()
			return true, err
		}
		if err := visit(); err != nil {
			return true, err
		}
	}
}

// Raw skips a value and returns its text, which is a part of the reader's text and stays valid.
func (r *Reader) Raw() (jsontext.Value, error) {
	start := r.InputOffset()
	if err := r.SkipValue(); err != nil {
		return nil, err
	}
	return r.Since(start), nil
}

// Since returns the text read since offset, without the separator after the previous value.
func (r *Reader) Since(offset int64) []byte {
	text := r.Between(offset, r.InputOffset())
	for len(text) > 0 && strings.IndexByte(" \t\r\n,:", text[0]) >= 0 {
		text = text[1:]
	}
	return text
}

// Between returns the text from one offset to another.
func (r *Reader) Between(start, end int64) []byte { return r.text[start:end] }

// Content returns the content of a string, with its escapes resolved, or the JSON of any
// other value.
func Content(value jsontext.Value) []byte {
	if value.Kind() != jsontext.KindString {
		return value
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, value)
	return text
}

// Names are the names of an object's members so far.
type Names []string

// Add adds a name, and reports whether it is there already. If a member comes twice, nobody knows
// whether one of them counts, or both.
func (n *Names) Add(name string) (twice bool) {
	twice = n.Has(name)
	*n = append(*n, name)
	return twice
}

// Has reports whether the object has the member.
func (n Names) Has(name string) bool {
	for _, known := range n {
		if known == name {
			return true
		}
	}
	return false
}

// Twice says what is wrong with an object that has a member twice.
func Twice(name string) string { return "it has " + name + " twice" }
