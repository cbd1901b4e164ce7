package sandbox

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// oddity is a set of ways in which an answer may look strange and yet (mostly) mean the same.
type oddity uint32

const (
	oddCodeNumber oddity = 1 << iota
	oddCountString
	oddNullArrays
	oddMissingArrays
	oddUnknownFields
	oddShuffled
	oddTrailingComma
	oddComments
	oddDuplicateRows
	oddNegativeCount
	oddFractionalCount
	oddNoCode
	oddNulText
	oddInvalidUTF8
	oddUnaskedTask
	oddAbsentTask
	oddEmpty
	oddTaskIDCase
)

func (o oddity) has(one oddity) bool { return o&one != 0 }

// oddRow is a row on its way into a strange answer, its fields as JSON.
type oddRow struct {
	event, platform int
	code            string // "" leaves the field out
	count           string
	info            string
}

type oddResult struct {
	task   string
	arrays [arrayCount][]oddRow
}

// appendOddAnswer writes an answer with oddities. It goes the long way, through rows, to leave appendAnswer plain.
func (s *Sandbox) appendOddAnswer(b []byte, set *faultSet, app int64, q question, odd oddity) []byte {
	asked := q.asked()
	if odd.has(oddAbsentTask) {
		asked = asked[:len(asked)-1]
	}
	var results []oddResult
	for _, task := range asked {
		if !s.world.known(task) {
			continue
		}
		v := set.view(s, app, task, q.in)
		results = append(results, oddResult{task: task, arrays: s.oddArrays(&v, odd)})
	}
	if odd.has(oddUnaskedTask) {
		r := oddResult{task: "unasked_task"}
		r.arrays[arrayReady] = []oddRow{{code: `"-1"`, count: "7", info: `"nobody asked"`}}
		results = append(results, r)
	}
	if odd.has(oddShuffled) {
		rng := rand.New(rand.NewPCG(s.world.seed, uint64(q.in.from)))
		rng.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		for _, r := range results {
			for _, rows := range r.arrays {
				rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			}
		}
	}

	if odd.has(oddComments) {
		b = append(b, "/* an answer of the sandbox */"...)
	}
	b = append(b, '{')
	if odd.has(oddUnknownFields) {
		b = append(b, `"RequestId":"sandbox","Extra":{"ErrCode":[1,null]},`...)
	}
	b = append(b, answerHead[1:]...)
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.append(b, odd)
	}
	return append(b, "]}"...)
}

func (s *Sandbox) oddArrays(v *view, odd oddity) (arrays [arrayCount][]oddRow) {
	if odd.has(oddEmpty) {
		return arrays
	}
	for i := range s.world.cells {
		if v.forgotten {
			break
		}
		n := s.world.count(i, v)
		if n == 0 {
			continue
		}
		c := &s.world.cells[i]
		row := oddRow{c.event, c.platform, c.jsonCode(odd), jsonCount(n, odd), string(appendQuoted(nil, c.info))}
		if odd.has(oddDuplicateRows) && n >= 3 {
			row.count = jsonCount(n/3, odd)
			row.info = `"another wording"`
			arrays[c.array] = append(arrays[c.array], row)
			row.count = jsonCount(n-n/3, odd)
			row.info = string(appendQuoted(nil, c.info))
		}
		arrays[c.array] = append(arrays[c.array], row)
	}
	for array := range arrays {
		if rows := arrays[array]; len(rows) > 0 {
			rows[0].info = strings.TrimSuffix(rows[0].info, `"`)
			if odd.has(oddNulText) {
				rows[0].info += `\u0000`
			}
			if odd.has(oddInvalidUTF8) {
				rows[0].info += "\xff"
			}
			rows[0].info += `"`
		}
		bad := oddRow{event: 1, platform: 1, code: `"777"`, count: "5", info: `"a row that cannot be right"`}
		if odd.has(oddNegativeCount) {
			bad := bad
			bad.count = "-3"
			arrays[array] = append(arrays[array], bad)
		}
		if odd.has(oddFractionalCount) {
			bad := bad
			bad.count = "2.5"
			arrays[array] = append(arrays[array], bad)
		}
		if odd.has(oddNoCode) {
			bad := bad
			bad.code = ""
			arrays[array] = append(arrays[array], bad)
		}
	}
	return arrays
}

func (c *cell) jsonCode(odd oddity) string {
	if _, err := strconv.ParseInt(c.code, 10, 64); err == nil && odd.has(oddCodeNumber) {
		return c.code
	}
	return string(appendQuoted(nil, c.code))
}

func jsonCount(n int64, odd oddity) string {
	if odd.has(oddCountString) {
		return `"` + strconv.FormatInt(n, 10) + `"`
	}
	return strconv.FormatInt(n, 10)
}

func (r oddResult) append(b []byte, odd oddity) []byte {
	key := `{"TaskID":`
	if odd.has(oddTaskIDCase) {
		key = `{"TaskId":`
	}
	b = append(b, key...)
	b = appendQuoted(b, r.task)
	if odd.has(oddUnknownFields) {
		b = append(b, `,"Sampled":false`...)
	}
	for array, rows := range r.arrays {
		if len(rows) == 0 && odd.has(oddMissingArrays) {
			continue
		}
		b = append(b, `,"`+arrayNames[array]+`":`...)
		if len(rows) == 0 && odd.has(oddNullArrays) {
			b = append(b, "null"...)
			continue
		}
		b = append(b, '[')
		for i, row := range rows {
			if i > 0 {
				b = append(b, ',')
			}
			b = row.append(b, array, odd)
		}
		if len(rows) > 0 && odd.has(oddTrailingComma) {
			b = append(b, ", "...)
		}
		if odd.has(oddComments) {
			b = append(b, " // end of the array\n"...)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func (r oddRow) append(b []byte, array int, odd oddity) []byte {
	b = append(b, '{')
	if isPlatformArray(array) {
		b = append(b, `"EventType":`...)
		b = strconv.AppendInt(b, int64(r.event), 10)
		b = append(b, `,"PushPlatform":`...)
		b = strconv.AppendInt(b, int64(r.platform), 10)
		b = append(b, ',')
	}
	if r.code != "" {
		b = append(b, `"ErrCode":`+r.code+`,`...)
	}
	b = append(b, `"ErrCount":`+r.count+`,"ErrInfo":`+r.info...)
	if odd.has(oddUnknownFields) {
		b = append(b, `,"Share":0.25,"Tags":["a"]`...)
	}
	return append(b, '}')
}
