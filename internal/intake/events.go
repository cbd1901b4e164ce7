package intake

import (
	"cmp"
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

// twiceError says that an event has a member twice, so that nobody knows which one counts.
type twiceError struct {
	member        string
	first, second int64 // offsets in the body at which the two end, in bytes
}

func (e *twiceError) Error() string {
	return fmt.Sprintf("an object has the member %s twice, at byte %d and at byte %d", e.member, e.first, e.second)
}

// called is what an event says about its task. Nothing else is read.
type called struct {
	taskID string
	sentAt *time.Time
}

// readEvents reads a callback's body and calls found for each task. It skips everything else in an
// event, above all the recipient. It leaves out events without a usable TaskId, and events of other
// commands. It also leaves out an event that has a member twice, for which it returns a *twiceError
// at the end.
func readEvents(body io.Reader, now time.Time, found func(called)) error {
	decoder := jsontext.NewDecoder(body, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	err := readEvent(decoder, now, found, true)
	if err != nil && !isTwice(err) {
		return err
	}
	if _, end := decoder.ReadToken(); !errors.Is(end, io.EOF) {
		return errNotEvents
	}
	return err
}

// readEvent reads an object: an event or, at the top, an object with Events.
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
	var twice, ofEvents error
	ofPush := true
	seen := make(map[string]int64, 4)
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return fmt.Errorf("read the events: %w", err)
		}
		text, at := name.String(), decoder.InputOffset()
		member := strings.ToLower(text)
		first, again := seen[member]
		isRead := member == "taskid" || member == "tasktime" || member == "callbackcommand" || member == "events" && top
		if isRead {
			seen[member] = at
		}
		switch {
		case !isRead:
			err = decoder.SkipValue()
		case again:
			twice = &twiceError{text, first, at}
			err = decoder.SkipValue()
		case member == "taskid":
			event.taskID, err = readText(decoder)
		case member == "callbackcommand": // an event may lack it, since the address has it too
			var command string
			command, err = readText(decoder)
			ofPush = command == "" || command == pushCommand
		case member == "tasktime":
			var text string
			if text, err = readText(decoder); err == nil {
				event.sentAt = taskTime(text, now)
			}
		case decoder.PeekKind() == '[':
			err = readArray(decoder, now, found)
		default:
			err = decoder.SkipValue()
		}
		if isTwice(err) {
			ofEvents, err = cmp.Or(ofEvents, err), nil
		}
		if err != nil {
			return fmt.Errorf("read the events: %w", err)
		}
	}
	if _, err := decoder.ReadToken(); err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	if twice == nil && ofPush && load.CanBeTaskID(event.taskID) {
		found(event)
	}
	return cmp.Or(twice, ofEvents)
}

func isTwice(err error) bool {
	var twice *twiceError
	return errors.As(err, &twice)
}

func readArray(decoder *jsontext.Decoder, now time.Time, found func(called)) error {
	if _, err := decoder.ReadToken(); err != nil {
		return err
	}
	var twice error
	for decoder.PeekKind() != ']' {
		err := readEvent(decoder, now, found, false)
		switch {
		case isTwice(err):
			twice = cmp.Or(twice, err)
		case err != nil && !errors.Is(err, errNotEvents):
			return err
		}
	}
	if _, err := decoder.ReadToken(); err != nil {
		return err
	}
	return twice
}

// readText reads a string or a number. Any other value is "".
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

// taskTime returns when the task was sent; nil if the time is implausible.
func taskTime(text string, now time.Time) *time.Time {
	at, err := taskfile.ParseSentAt(text, time.UTC)
	if err != nil || at.After(now.Add(clockTolerance)) {
		return nil
	}
	return &at
}
