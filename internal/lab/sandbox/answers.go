package sandbox

import (
	"crypto/sha256"
	"slices"
	"time"
)

// Answer is an accepted call and its answer, recorded with Config.RecordAnswers.
type Answer struct {
	SDKAppID int64
	Stream   string
	At       time.Time
	Tasks    []string // as requested, without repetitions; empty means overall
	Start    int64    // Unix seconds
	End      int64
	SHA256   [sha256.Size]byte // of the uncompressed body, after faults
}

// Answers returns the accepted calls of all streams whose answers were sent whole, in the order of
// the answers. It returns nil without Config.RecordAnswers. Only the client knows whether an answer
// arrived.
func (s *Sandbox) Answers() []Answer {
	s.answersMu.Lock()
	defer s.answersMu.Unlock()
	return slices.Clone(s.answers)
}

// recordAnswer notes an answer before it is sent.
func (s *Sandbox) recordAnswer(call Call, d *delivery, body []byte) {
	if !s.recordingAnswers || call.Code != 0 || !d.whole() {
		return
	}
	hash := sha256.New()
	if d.padding > 0 {
		_ = writePadded(hash, body, d.padding) // writing to a hash does not fail
	} else {
		hash.Write(body)
	}
	a := Answer{SDKAppID: call.SDKAppID, Stream: call.Stream, At: call.At, Tasks: slices.Clone(call.Tasks), Start: call.Start, End: call.End}
	hash.Sum(a.SHA256[:0])
	s.answersMu.Lock()
	defer s.answersMu.Unlock()
	s.answers = append(s.answers, a)
}
