// Package stream has the statistics of the API, one file each: the path, the longest window of a
// request, whether there are figures of tasks, the form of the answers, and what the figures count.
package stream

import (
	"fmt"
	"strings"
	"time"
)

// Stream is one of the API's statistics about a window. The zero value is Loss. The numbers are
// stored.
type Stream int16

// The streams.
const (
	Loss           Stream = 0
	Statistics     Stream = 1
	ChatLoss       Stream = 2
	ChatStatistics Stream = 3
)

// definition is what the API's page says about a stream.
type definition struct {
	name string // in settings, tables and reports
	path string
	// maxWindow is the longest time that one request may cover.
	maxWindow time.Duration
	// byTask says that a request may name tasks; none means the whole app.
	byTask bool
	format Format
}

var definitions = [...]definition{
	Loss:           lossDefinition,
	Statistics:     statisticsDefinition,
	ChatLoss:       chatLossDefinition,
	ChatStatistics: chatStatisticsDefinition,
}

// All returns all streams, in the order of their numbers.
func All() []Stream {
	streams := make([]Stream, len(definitions))
	for i := range streams {
		streams[i] = Stream(i)
	}
	return streams
}

// Parse returns the stream of the name.
func Parse(name string) (Stream, error) {
	var names []string
	for _, s := range All() {
		if s.String() == name {
			return s, nil
		}
		names = append(names, s.String())
	}
	return 0, fmt.Errorf("unknown stream %q: give a comma-separated list of %s", name, strings.Join(names, ", "))
}

func (s Stream) String() string {
	if s < 0 || int(s) >= len(definitions) {
		return fmt.Sprintf("Stream(%d)", int16(s))
	}
	return definitions[s].name
}

// MarshalText writes the stream's name.
func (s Stream) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stream's name.
func (s *Stream) UnmarshalText(text []byte) (err error) {
	*s, err = Parse(string(text))
	return err
}

// Path is the API's path of the stream.
func (s Stream) Path() string { return definitions[s].path }

// ByTask reports whether the stream has figures of tasks besides those of the whole app.
func (s Stream) ByTask() bool { return definitions[s].byTask }

// MaxWindow is the longest time that one request of the stream may cover.
func (s Stream) MaxWindow() time.Duration { return definitions[s].maxWindow }

// Format returns the form of the stream's answers.
func (s Stream) Format() *Format { return &definitions[s].format }
