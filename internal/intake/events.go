package intake

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/taskfile"
	"pushloss/load"
)

var errNotEvents = errors.New("the body is not a JSON object of events")

// called is what an event says of its task. Nothing else of it is read.
type called struct {
	taskID string
	sentAt *time.Time
}

// readEvents calls found for each task of a callback's body, as it reads it. It skips
// whatever else an event has, most of all its recipient, and leaves out events without a
// usable TaskId.
func readEvents(body io.Reader, now time.Time, found func(called)) error {
	decoder := jsontext.NewDecoder(body, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := readEvent(decoder, now, found, true); err != nil {
		return err
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return errNotEvents
	}
	return nil
}

// readEvent reads an object: an event or, at the top, one that has Events.
func readEvent(decoder *jsontext.Decoder, now time.Time, found func(called), top bool) error {
	if decoder.PeekKind() != '{' {
		if _, err := decoder.ReadValue(); err != nil {
			return fmt.Errorf("read the events: %w", err)
		}
		return errNotEvents
	}
	if _, err := decoder.ReadToken(); err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	var event called
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return fmt.Errorf("read the events: %w", err)
		}
		switch {
		case name.String() == "TaskId":
			event.taskID, err = readText(decoder)
		case name.String() == "TaskTime":
			var text string
			if text, err = readText(decoder); err == nil {
				event.sentAt = taskTime(text, now)
			}
		case top && name.String() == "Events" && decoder.PeekKind() == '[':
			err = readArray(decoder, now, found)
		default:
			err = decoder.SkipValue()
		}
		if err != nil {
			return fmt.Errorf("read the events: %w", err)
		}
	}
	if _, err := decoder.ReadToken(); err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	if load.CanBeTaskID(event.taskID) {
		found(event)
	}
	return nil
}

func readArray(decoder *jsontext.Decoder, now time.Time, found func(called)) error {
	if _, err := decoder.ReadToken(); err != nil {
		return err
	}
	for decoder.PeekKind() != ']' {
		if err := readEvent(decoder, now, found, false); err != nil && !errors.Is(err, errNotEvents) {
			return err
		}
	}
	_, err := decoder.ReadToken()
	return err
}

// readText reads a string or a number; of another value it is empty.
func readText(decoder *jsontext.Decoder) (string, error) {
	if kind := decoder.PeekKind(); kind != '"' && kind != '0' {
		return "", decoder.SkipValue()
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(token.String()), nil
}

// taskTime is when the task was sent; nil if that makes no sense.
func taskTime(text string, now time.Time) *time.Time {
	at, err := taskfile.ParseSentAt(text, time.UTC)
	if err != nil || at.After(now.Add(clockTolerance)) {
		return nil
	}
	return &at
}
