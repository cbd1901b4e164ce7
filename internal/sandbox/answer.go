package sandbox

import (
	"encoding/json"
	"strconv"
	"sync"
)

// The answer's opening, with the page's own spelling of success.
const answerHead = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"sucess","Results":[`

// buffers are reused between answers: a day of five tasks with 150 rows has about 70 kB.
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

// appendAnswer writes a plain answer. Rows are written as their cells are counted: nothing is kept and nothing is
// allocated per row.
func (s *Sandbox) appendAnswer(b []byte, set *faultSet, app int64, q question) []byte {
	b = append(b, answerHead...)
	first := true
	for _, task := range q.asked() {
		if !s.world.known(task) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"TaskID":`...)
		b = appendQuoted(b, task)
		v := set.view(s, app, task, q.in)
		b = s.appendArrays(b, &v)
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

func (s *Sandbox) appendArrays(b []byte, v *view) []byte {
	i := 0
	for array, name := range arrayNames {
		b = append(b, `,"`...)
		b = append(b, name...)
		b = append(b, `":[`...)
		comma := false
		for ; i < len(s.world.cells) && s.world.cells[i].array == array; i++ {
			if v.forgotten {
				continue
			}
			n := s.world.count(i, v)
			if n == 0 {
				continue
			}
			if comma {
				b = append(b, ',')
			}
			comma = true
			c := &s.world.cells[i]
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
