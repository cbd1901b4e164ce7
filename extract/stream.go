package extract

import (
	"fmt"
	"strings"
	"time"
)

// Stream is one of the statistics that the API gives about a window. The zero
// value is Loss. The numbers are stored.
type Stream int16

// The streams.
const (
	Loss           Stream = 0
	Statistics     Stream = 1
	ChatLoss       Stream = 2
	ChatStatistics Stream = 3
)

// endpoint is where a stream comes from.
type endpoint struct {
	name string // in settings, tables and reports
	path string
	// maxWindow is the longest span one request may cover.
	maxWindow time.Duration
	// byTask says that a request names tasks, none meaning the whole app.
	byTask bool
}

var endpoints = [...]endpoint{
	Loss:           lossEndpoint,
	Statistics:     statisticsEndpoint,
	ChatLoss:       chatLossEndpoint,
	ChatStatistics: chatStatisticsEndpoint,
}

// Streams returns all streams, in the order of their numbers.
func Streams() []Stream {
	streams := make([]Stream, len(endpoints))
	for i := range streams {
		streams[i] = Stream(i)
	}
	return streams
}

// ParseStream returns the stream of the name.
func ParseStream(name string) (Stream, error) {
	var names []string
	for _, stream := range Streams() {
		if stream.String() == name {
			return stream, nil
		}
		names = append(names, stream.String())
	}
	return 0, fmt.Errorf("%q is none of the streams %s, which commas separate", name, strings.Join(names, ", "))
}

func (s Stream) String() string {
	if s < 0 || int(s) >= len(endpoints) {
		return fmt.Sprintf("Stream(%d)", int16(s))
	}
	return endpoints[s].name
}

// MarshalText writes the stream's name.
func (s Stream) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stream's name.
func (s *Stream) UnmarshalText(text []byte) (err error) {
	*s, err = ParseStream(string(text))
	return err
}

// Path is the API's path of the stream.
func (s Stream) Path() string { return endpoints[s].path }

// ByTask reports whether the stream has figures of tasks, besides those of the
// whole app.
func (s Stream) ByTask() bool { return endpoints[s].byTask }

// MaxWindow is the longest span that one request of the stream may cover.
func (s Stream) MaxWindow() time.Duration { return endpoints[s].maxWindow }
