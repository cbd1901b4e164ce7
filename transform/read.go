package transform

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// members visits the members of the object that comes next. visit gets the name in the
// spelling of the API page, whatever its capitalization (pages of the same API spell
// TaskID and TaskId), and must consume the value.
func (r *reader) members(visit func(name string) error) error {
	if kind := r.dec.PeekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindInvalid {
		return errNotAnObject
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for r.dec.PeekKind() != jsontext.KindEndObject {
		name, err := r.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := visit(canonicalName(name)); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

var names = [...]string{
	"ErrCode", "ErrCount", "ErrInfo", "EventType", "PushPlatform", "TaskID", "Results",
	"ReadyToSendLoss", "PostSendDeliveredLoss", "PlatformReadyToSendLoss", "PlatformPostSendDeliveredLoss",
	"TotalCount", "SentCount", "DeliveredCount", "ClickCount", "PlatformStatistics",
}

// canonicalName returns the known name that quoted spells, or "".
func canonicalName(quoted jsontext.Value) string {
	bare := withoutQuotes(quoted)
	for _, name := range names {
		if string(bare) == name {
			return name
		}
	}
	for _, name := range names {
		if strings.EqualFold(string(bare), name) {
			return name
		}
	}
	return ""
}

// withoutQuotes returns the content of a JSON string, with its escapes resolved.
func withoutQuotes(quoted jsontext.Value) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return text
}

// each visits the elements of the array that comes next; null is an empty array. It skips
// other values and returns false for them.
func (r *reader) each(visit func() error) (isArray bool, err error) {
	switch r.dec.PeekKind() {
	case jsontext.KindNull:
		return true, r.dec.SkipValue()
	case jsontext.KindBeginArray:
	default:
		return false, r.dec.SkipValue()
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return true, err
	}
	for {
		switch r.dec.PeekKind() {
		case jsontext.KindEndArray, jsontext.KindInvalid:
			_, err := r.dec.ReadToken()
			return true, err
		}
		if err := visit(); err != nil {
			return true, err
		}
	}
}

// rawSince is the text read since offset, without the separator after the value before.
func (r *reader) rawSince(offset int64) []byte {
	return trimLeading(r.body[offset:r.dec.InputOffset()])
}

func trimLeading(text []byte) []byte {
	for len(text) > 0 && strings.IndexByte(" \t\r\n,:", text[0]) >= 0 {
		text = text[1:]
	}
	return text
}
