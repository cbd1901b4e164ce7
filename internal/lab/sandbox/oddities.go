package sandbox

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// oddity is a set of ways in which an answer may look strange but (mostly) mean the same.
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
	oddDuplicateResult
	oddMissingCount
	oddNegativeCounter
	oddFractionalCounter
	oddMissingCounter
	oddChatNested
)

const (
	// oddAnywhere are the oddities that any answer with rows may have.
	oddAnywhere = oddCountString | oddNullArrays | oddMissingArrays | oddUnknownFields | oddShuffled | oddTrailingComma |
		oddComments | oddDuplicateRows | oddNegativeCount | oddFractionalCount | oddEmpty
	oddLosses   = oddCodeNumber | oddNoCode | oddNulText | oddInvalidUTF8
	oddTasks    = oddUnaskedTask | oddAbsentTask | oddTaskIDCase
	oddCounting = oddMissingCount | oddNegativeCounter | oddFractionalCounter | oddMissingCounter
)

func (o oddity) has(one oddity) bool { return o&one != 0 }

// oddRow is a row of losses for an answer with oddities, its fields as JSON.
type oddRow struct {
	event, platform int
	code            string // "" leaves the field out
	count           string
	info            string
}

type oddArrays [arrayCount][]oddRow

type oddResult struct {
	task   string
	arrays oddArrays
}

// oddlyAsked returns the tasks to answer for.
func oddlyAsked(q question, odd oddity) []string {
	asked := q.asked()
	if odd.has(oddAbsentTask) {
		asked = asked[:len(asked)-1]
	}
	return asked
}

// shuffler gives the same call the same order.
func (s *Sandbox) shuffler(q question) *rand.Rand {
	return rand.New(rand.NewPCG(s.world.seed, uint64(q.in.from)))
}

func shuffle[T any](rng *rand.Rand, list []T) {
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func (arrays oddArrays) shuffle(rng *rand.Rand) {
	for _, rows := range arrays {
		shuffle(rng, rows)
	}
}

func (w *world) oddArrays(v *view, odd oddity) (arrays oddArrays) {
	if odd.has(oddEmpty) {
		return arrays
	}
	for i := range w.cells {
		if v.forgotten {
			break
		}
		n := w.count(i, v)
		if n == 0 {
			continue
		}
		c := &w.cells[i]
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
		bad := oddRow{event: w.offline(), platform: 1, code: `"777"`, count: "5", info: `"a row that cannot be right"`}
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

// appendOddHead begins an answer.
func appendOddHead(b []byte, odd oddity) []byte {
	if odd.has(oddComments) {
		b = append(b, "/* an answer of the sandbox */"...)
	}
	b = append(b, '{')
	if odd.has(oddUnknownFields) {
		b = append(b, `"RequestId":"sandbox","Extra":{"ErrCode":[1,null]},`...)
	}
	return append(b, successHead[1:]...)
}

// appendOddTask begins one result.
func appendOddTask(b []byte, task string, odd oddity) []byte {
	key := `{"TaskID":`
	if odd.has(oddTaskIDCase) {
		key = `{"TaskId":`
	}
	b = append(b, key...)
	b = appendQuoted(b, task)
	if odd.has(oddUnknownFields) {
		b = append(b, `,"Sampled":false`...)
	}
	return b
}

func (arrays oddArrays) append(b []byte, odd oddity) []byte {
	for array, rows := range arrays {
		b = appendOddArray(b, arrayNames[array], rows, odd, func(b []byte, row oddRow) []byte {
			return row.append(b, array, odd)
		})
	}
	return b
}

// appendOddArray writes one array after a comma.
func appendOddArray[T any](b []byte, name string, rows []T, odd oddity, appendRow func([]byte, T) []byte) []byte {
	if len(rows) == 0 && odd.has(oddMissingArrays) {
		return b
	}
	b = append(b, `,"`+name+`":`...)
	if len(rows) == 0 && odd.has(oddNullArrays) {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRow(b, row)
	}
	if len(rows) > 0 && odd.has(oddTrailingComma) {
		b = append(b, ", "...)
	}
	if odd.has(oddComments) {
		b = append(b, " // end of the array\n"...)
	}
	return append(b, ']')
}

func (r oddRow) append(b []byte, array int, odd oddity) []byte {
	b = append(b, '{')
	if isPlatformArray(array) {
		b = appendChannel(b, r.event, r.platform)
		b = append(b, ',')
	}
	if r.code != "" {
		b = append(b, `"ErrCode":`+r.code+`,`...)
	}
	b = append(b, `"ErrCount":`+r.count+`,"ErrInfo":`+r.info...)
	return append(appendOddFields(b, odd), '}')
}

// appendOddFields writes further fields into a row.
func appendOddFields(b []byte, odd oddity) []byte {
	if odd.has(oddUnknownFields) {
		b = append(b, `,"Share":0.25,"Tags":["a"]`...)
	}
	return b
}
