package sandbox

import (
	"encoding/json"
	"strconv"
	"sync"
)

const (
	// successHead is the beginning of every answer, with the pages' spelling of success.
	successHead = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"sucess"`
	answerHead  = successHead + `,"Results":[`
)

// buffers are reused between answers. A day of five tasks with 150 rows takes about 70 kB.
type buffers struct{ pool sync.Pool }

func (p *buffers) get() *[]byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		*b = (*b)[:0]
		return b
	}
	b := make([]byte, 0, 1<<16)
	return &b
}

func (p *buffers) put(b *[]byte) {
	if cap(*b) <= 8<<20 {
		p.pool.Put(b)
	}
}

// appendArrays writes the four arrays of losses, each after a comma.
func (w *world) appendArrays(b []byte, v *view) []byte {
	i := 0
	for array, name := range arrayNames {
		b = append(b, `,"`...)
		b = append(b, name...)
		b = append(b, `":[`...)
		comma := false
		for ; i < len(w.cells) && w.cells[i].array == array; i++ {
			if v.forgotten {
				continue
			}
			n := w.count(i, v)
			if n == 0 {
				continue
			}
			if comma {
				b = append(b, ',')
			}
			comma = true
			c := &w.cells[i]
			b = append(b, c.before...)
			b = strconv.AppendInt(b, n, 10)
			b = append(b, c.after...)
		}
		b = append(b, ']')
	}
	return b
}

// appendQuoted writes a JSON string.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string can always be marshalled
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
