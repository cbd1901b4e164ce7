package extract_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/extract"
	"pushloss/internal/jsonwalk"
)

// Whatever a service answers, it is refused or it is JSON that can be read to its end.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		okay, `{"ErrorCode":"0","Results":[1,],}`, "\ufeff/* a */{\"ErrorCode\":0} // b", `{"ErrorCode":60008,"ErrorInfo":"x"}`,
		`{"ErrorCode":0,"ResultCode":91000}`, "{\"ErrorCode\":0,\"ErrorInfo\":\"\xff\"}", `<html>`, `{"ErrorCode":0,"a":[[[[`, strings.Repeat("[", 2000),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		client := extract.NewClient(account(), always(reply{body: string(body)}), extract.NewPacer(0, extract.PacerOptions{}), extract.Options{MaxTries: 1})
		answer, err := client.Pull(t.Context(), oneDay)
		var failed *extract.Error
		if err != nil {
			if !errors.As(err, &failed) || failed.Class == 0 || failed.Hint == "" {
				t.Fatalf("a refusal without its class or hint: %v", err)
			}
			return
		}
		value := jsontext.Value(bytes.Clone(answer.JSON))
		if !value.IsValid(jsonwalk.Syntax) || value.Kind() != jsontext.KindBeginObject {
			t.Fatalf("accepted as JSON: %q", answer.JSON)
		}
	})
}
