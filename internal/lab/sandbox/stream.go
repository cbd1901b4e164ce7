package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// stream is one endpoint of the API. Each has a file that defines it.
type stream struct {
	name    string // in Answer, Call, the selector stream of a fault and /sandbox/truth
	path    string
	maxDays int64 // of a window
	tasks   bool  // the body has TaskID, not only StartTime and EndTime

	// sample is the answer that the endpoint's page prints.
	sample string
	// answer writes an answer without oddities, odd one with oddities.
	answer func(s *Sandbox, b []byte, set *faultSet, app int64, q question) []byte
	odd    func(s *Sandbox, b []byte, set *faultSet, app int64, q question, odd oddity) []byte
	// oddities are the oddities that odd can write.
	oddities oddity
	// truth is the method of Sandbox that returns what a correct answer says.
	truth func(s *Sandbox, app int64, task string, start, end time.Time) any
}

// streams lists every stream that the sandbox serves.
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

// StreamInfos describes every stream that the sandbox serves.
func StreamInfos() []StreamInfo {
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

// subject is what figures are about.
type subject struct {
	stream string
	world  *world
	app    int64
	task   string // empty: overall
}

// look returns the view of a subject's [start, end), if the subject has figures.
func (s *Sandbox) look(of subject, start, end time.Time) (view, bool) {
	if s.apps[of.app] == nil || !of.world.known(of.task) {
		return view{}, false
	}
	v := s.faults.Load().view(of, s.now(), span{start.Unix(), end.Unix()})
	return v, !v.forgotten
}
