package chaos

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"pushloss/internal/lab/sandbox"
)

// pull is a row of pushloss.pull.
type pull struct {
	ID, App, Run             int64
	Stream                   string
	Day                      time.Time
	Start, End               time.Time
	Tasks                    []string
	SentAt, LoadedAt         time.Time
	SHA                      []byte
	Trusted                  bool
	In                       int
	Inserted, Updated        int
	Deleted, Unchanged, Kept int
	Merged, Rejected, Ignore int
	// For an answer for several days: its first day, and the windows that it proved.
	First                *time.Time
	Proven               []string
	ProvenFrom, ProvenTo []time.Time
}

const sqlPulls = `
	SELECT pull_id, sdk_app_id, run_id, stream, day::timestamp, window_start, window_end, task_ids, sent_at, loaded_at, body_sha256,
		trusted, rows_in, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rows_kept, rows_merged, rows_rejected, rows_ignored,
		first_day::timestamp, coalesce(proven_task_ids, '{}'), coalesce(proven_first_days, '{}')::timestamp[], coalesce(proven_last_days, '{}')::timestamp[]
	FROM pushloss.pull JOIN pushloss.stream USING (stream_id) ORDER BY sdk_app_id, pull_id`

// archive is what the database stores of the answers.
type archive struct {
	pulls  []pull
	wrong  []wrongSpan
	bodies map[string][]byte // by their stored digest
}

func (w *world) archive() (archive, error) {
	a := archive{pulls: query[pull](w, sqlPulls), wrong: query[wrongSpan](w, sqlWrongSpans), bodies: make(map[string][]byte)}
	type stored struct {
		SHA, Body []byte
		Size      int
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		return a, err
	}
	defer decoder.Close()
	for _, row := range query[stored](w, `SELECT sha256, body, size FROM pushloss.raw_body`) {
		body, err := decoder.DecodeAll(row.Body, nil)
		if err != nil {
			return a, err
		}
		if digest := sha256.Sum256(body); string(digest[:]) != string(row.SHA) || len(body) != row.Size {
			return a, fmt.Errorf("a body of %d bytes is stored as one of %d with another digest", len(body), row.Size)
		}
		a.bodies[string(row.SHA)] = body
	}
	return a, nil
}

// asked is the request of an answer.
func asked(stream string, app, start, end int64, tasks []string) string {
	return fmt.Sprint(stream, app, start, end, len(tasks), tasks)
}

// equalsAnswers compares the archive with the sandbox's answers: each body is one to the
// same request, and each belongs to a pull.
func (a archive) equalsAnswers(answers []sandbox.Answer) (problems differences) {
	given := make(map[string]bool)
	for _, answer := range answers {
		given[asked(answer.Stream, answer.SDKAppID, answer.Start, answer.End, answer.Tasks)+string(answer.SHA256[:])] = true
	}
	used := make(map[string]bool)
	for _, p := range a.pulls {
		used[string(p.SHA)] = true
		if _, kept := a.bodies[string(p.SHA)]; !kept {
			problems.add("pull %d has no body", p.ID)
		}
		if !given[asked(p.Stream, p.App, p.Start.Unix(), p.End.Unix(), p.Tasks)+string(p.SHA)] {
			problems.add("pull %d of app %d, %s, %v is not an answer of the sandbox", p.ID, p.App, p.Day.Format(time.DateOnly), p.Tasks)
		}
	}
	for sha := range a.bodies {
		if !used[sha] {
			problems.add("body %x belongs to no pull", sha)
		}
	}
	return problems
}

// differences lists what is wrong.
type differences []string

func (d *differences) add(format string, args ...any) { *d = append(*d, fmt.Sprintf(format, args...)) }
