package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// stream is one endpoint of the API: each has a file that says all about it.
type stream struct {
	name    string // as Answer, Call, the selector stream of a fault and /sandbox/truth say it
	path    string
	maxDays int64 // of a window
	tasks   bool  // the body has TaskID; else StartTime and EndTime are all

	// sample is the answer that the endpoint's page prints.
	sample string
	// answer writes a plain answer; odd, one with oddities.
	answer func(s *Sandbox, b []byte, set *faultSet, app int64, q question) []byte
	odd    func(s *Sandbox, b []byte, set *faultSet, app int64, q question, odd oddity) []byte
	// oddities are those that odd knows.
	oddities oddity
	// truth is what a correct answer says, as the method of Sandbox for it.
	truth func(s *Sandbox, app int64, task string, start, end time.Time) any
}

// streams lists all that is served.
func streams() []*stream {
	return []*stream{
		lossStream(),
		statisticsStream(),
		chatLossStream(),
		chatStatisticsStream(),
	}
}

// StreamInfo describes a stream, for --help.
type StreamInfo struct{ Name, Path string }

// Streams lists every stream that is served.
func Streams() []StreamInfo {
	var infos []StreamInfo
	for _, st := range streams() {
		infos = append(infos, StreamInfo{Name: st.name, Path: st.path})
	}
	return infos
}

func streamNamed(name string) (*stream, error) {
	all := streams()
	if i := slices.IndexFunc(all, func(st *stream) bool { return st.name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, st := range all {
		names = append(names, st.name)
	}
	return nil, fmt.Errorf("stream must be one of %s, not %q", strings.Join(names, ", "), name)
}

// subject is what figures are of.
type subject struct {
	stream string
	world  *world
	app    int64
	task   string // empty: overall
}

// look is the view of a subject's [start, end), if there is anything to be seen.
func (s *Sandbox) look(of subject, start, end time.Time) (view, bool) {
	if s.apps[of.app] == nil || !of.world.known(of.task) {
		return view{}, false
	}
	v := s.faults.Load().view(of, s.now(), span{start.Unix(), end.Unix()})
	return v, !v.forgotten
}
