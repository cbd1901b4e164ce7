package transform

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"pushloss/internal/jsonwalk"
	"pushloss/internal/stream"
)

// Normalizer turns answers into facts. It remembers texts that occur again and again, so only one
// goroutine may use it. The zero value is ready.
type Normalizer struct {
	// MaxRows limits the rows of an answer, and the elements of its Results, which take
	// memory too; 0 means no limit.
	MaxRows int

	texts texts
	// scratch has the rows of the present element; rows that are kept are copied.
	scratch []row
}

// maxKeptRows limits the buffer for rows that is reused for the next answer.
const maxKeptRows = 4096

// Normalize reads one answer, given as strict JSON (extract.Answer.JSON), to a request of
// a stream for the asked tasks; an empty list means the whole app's figures. An error
// means that the answer has no readable list of results.
func (n *Normalizer) Normalize(stream stream.Stream, answer []byte, asked []string) (Result, error) {
	reader := &reader{
		Normalizer: n,
		format:     stream.Format(),
		in:         jsonwalk.Read(answer),
	}
	read := reader.results
	if reader.format.Bare {
		read = reader.bare
	}
	elements, err := read()
	if cap(n.scratch) > maxKeptRows { // a normalizer reads many answers
		n.scratch = nil
	}
	if err != nil {
		return Result{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(asked) == 0 {
		asked = []string{""}
	}
	result := assemble(asked, elements)
	result.Counts.ReplacedTexts = reader.replacedTexts
	return result, nil
}

// element is one element of Results after reading.
type element struct {
	snapshot   Snapshot
	named      bool // it has a TaskID
	rejects    []Reject
	rowsIn     int
	merged     int
	zeros      int            // counters dropped because all are zero
	unlisted   int            // rows of lists that are not known
	seen       jsonwalk.Names // its members, without null ones
	unreadable string         // why it cannot be used as a whole; empty if it can
	json       []byte
}

// whole is the reject for everything in the element.
func (e element) whole(reason string) Reject {
	return Reject{TaskID: e.snapshot.TaskID, Array: "Results", JSON: validUTF8(e.json), Reason: reason, Rows: e.rowsIn}
}

// repeats reports whether two elements have the same content.
func (e element) repeats(other element) bool {
	return e.unreadable == "" && other.unreadable == "" &&
		reflect.DeepEqual(e.snapshot, other.snapshot) && slices.Equal(e.rejects, other.rejects)
}

// assemble sorts the elements of an answer by the requested tasks.
func assemble(asked []string, elements []element) Result {
	var result Result
	// Of two elements with the same content, the one with fewer rows counts.
	slices.SortStableFunc(elements, func(a, b element) int { return cmp.Compare(a.rowsIn, b.rowsIn) })
	byTask := make(map[string][]element, len(asked))
	for _, task := range asked {
		byTask[task] = nil
	}
	for _, e := range elements {
		result.Counts.RowsIn += e.rowsIn
		result.Counts.Unlisted += e.unlisted
		same, isAsked := byTask[e.snapshot.TaskID]
		switch {
		case e.unreadable == notAnObject:
			result.reject(e.whole(notAnObject))
		case !isAsked:
			result.Counts.Ignored += e.rowsIn
			result.Counts.IgnoredResults++
		case slices.ContainsFunc(same, e.repeats):
			result.Counts.Repeated += e.rowsIn
			result.Counts.IgnoredResults++
		default:
			byTask[e.snapshot.TaskID] = append(same, e)
		}
	}
	for _, task := range asked {
		found, pending := byTask[task]
		if !pending {
			continue // requested twice
		}
		delete(byTask, task)
		switch {
		case len(found) == 0:
			result.Absent = append(result.Absent, task)
		case len(found) > 1:
			result.refuse(task, "the answer has the task more than once, with different figures", found)
		case found[0].unreadable != "":
			result.refuse(task, found[0].unreadable, found)
		default:
			e := found[0]
			result.Snapshots = append(result.Snapshots, e.snapshot)
			result.Counts.Facts += len(e.snapshot.Facts)
			result.Counts.Merged += e.merged
			result.Counts.Zeros += e.zeros
			for _, reject := range e.rejects {
				result.reject(reject)
			}
		}
	}
	slices.SortFunc(result.Rejects, Reject.compare)
	return result
}

func (r *Result) reject(reject Reject) {
	r.Rejects = append(r.Rejects, reject)
	r.Counts.Rejected += reject.Rows
}

// refuse discards everything that the answer says about a task.
func (r *Result) refuse(task, reason string, elements []element) {
	r.Unreadable = append(r.Unreadable, Unreadable{TaskID: task, Reason: reason})
	for _, e := range elements {
		r.reject(e.whole(reason))
	}
}

const notAnObject = "an element of Results is not an object"

var errResultsNotArray = errors.New("its Results is not an array")

// reader reads one answer.
type reader struct {
	*Normalizer
	format        *stream.Format
	in            *jsonwalk.Reader
	rows          int // rows and elements read so far
	replacedTexts int
}

// oneMore counts a row or an element, and ends the reading if there are too many.
func (r *reader) oneMore() error {
	r.rows++
	if r.MaxRows > 0 && r.rows > r.MaxRows {
		return fmt.Errorf("it has more than %d rows, which this process cannot hold", r.MaxRows)
	}
	return nil
}

// results reads the list of results; a null or missing list is empty.
func (r *reader) results() ([]element, error) {
	var elements []element
	err := r.members(func(name string) error {
		if name != "Results" {
			return r.in.SkipValue()
		}
		isArray, err := r.in.Elements(func() error {
			if err := r.oneMore(); err != nil {
				return err
			}
			e, err := r.element()
			elements = append(elements, e)
			return err
		})
		if err == nil && !isArray {
			err = errResultsNotArray
		}
		return err
	})
	return elements, err
}

func validUTF8(text []byte) string { return strings.ToValidUTF8(string(text), "\ufffd") }
