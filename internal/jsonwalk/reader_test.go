package jsonwalk_test

import (
	"fmt"
	"slices"
	"testing"

	"pushloss/internal/jsonwalk"
)

func TestMembersAreVisitedInTheirOrderWithNamesResolved(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:                              `[]`,
		`{"a":1, "b" : [2,{"c":3}]}`:      `[a=1 b=[2,{"c":3}]]`,
		`{"a":1,"a":2}`:                   `[a=1 a=2]`,
		`{"\u0061":null}`:                 `[a=null]`,
		"{\"\xff\":\"\xfe\"}":             "[\xff=\"\xfe\"]",
		`[1]`:                             `[] it is a JSON array, not an object`,
		`"a"`:                             `[] it is a JSON string, not an object`,
		`7`:                               `[] it is a JSON number, not an object`,
		`null`:                            `[] it is a JSON null, not an object`,
		`{"a":1`:                          `[a=1] jsontext: unexpected EOF after offset 6`,
		`{"ErrorCode":0,"Results":[1,2]}`: `[ErrorCode=0 Results=[1,2]]`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			reader := jsonwalk.Read([]byte(text))
			var seen []string
			err := reader.Members(func(name []byte) error {
				member := string(name)
				value, err := reader.Raw()
				seen = append(seen, fmt.Sprintf("%s=%s", member, value))
				return err
			})
			got := fmt.Sprint(seen)
			if err != nil {
				got += " " + err.Error()
			}
			if got != want {
				t.Errorf("read %s, want %s", got, want)
			}
		})
	}
}

func TestElementsTakeNullForAnEmptyArrayAndSkipOtherValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		elements []string
		isArray  bool
	}{
		`[1, "b",[ ]]`: {[]string{"1", `"b"`, "[ ]"}, true},
		`[]`:           {nil, true},
		`null`:         {nil, true},
		`{"a":[1]}`:    {nil, false},
		`"[1]"`:        {nil, false},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			reader := jsonwalk.Read([]byte(text))
			var elements []string
			isArray, err := reader.Elements(func() error {
				value, err := reader.Raw()
				elements = append(elements, string(value))
				return err
			})
			if err != nil || isArray != want.isArray || !slices.Equal(elements, want.elements) {
				t.Errorf("read %q, array: %v, error: %v", elements, isArray, err)
			}
			if rest := reader.UnreadBuffer(); len(rest) > 0 {
				t.Errorf("left %q", rest)
			}
		})
	}
}

func TestASecondMemberOfANameIsNoted(t *testing.T) {
	t.Parallel()
	var names jsonwalk.Names
	for i, name := range []string{"a", "b", "a"} {
		if twice := names.Add(name); twice != (i == 2) {
			t.Errorf("%s, the member number %d: twice is %v", name, i, twice)
		}
	}
	if !names.Has("b") || names.Has("c") {
		t.Errorf("the names are %v", names)
	}
}
