package transform_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
	"pushloss/transform"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// served is an API that answers everything with one body.
type served string

func (s served) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(s)))}, nil
}

// pulled is body as a client accepts it.
func pulled(t testing.TB, body string, tasks ...string) extract.Answer {
	t.Helper()
	account := extract.Account{SDKAppID: 1400000001, SecretKey: secret.New("a key"), Identifier: "administrator", BaseURLs: []string{"https://api.test"}}
	client := extract.NewClient(account, served(body), extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
	answer, err := client.Pull(context.Background(), extract.Request{
		Window: calendar.Day(20000).Window(time.UTC), Tasks: tasks,
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// S10: the page's sample, a trailing comma and a repeated key included, loads.
func TestThePublishedSampleLoadsExactlyAsPrinted(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("testdata/published_sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	tasks := []string{"xxx-yyy-zzz", "aaa-bbb-ccc"}
	answer := pulled(t, string(sample), tasks...)
	if string(answer.Body) != string(sample) {
		t.Error("the body is not kept as it came")
	}
	result := normalize(t, string(answer.JSON), tasks...)
	if d := cmp.Diff(transform.Counts{RowsIn: 16, Facts: 15, Merged: 1}, result.Counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}

	var got strings.Builder
	byStage, byPlatform := 0, 0
	for _, s := range result.Snapshots {
		for _, f := range s.Facts {
			if f.Grain == stream.ByStage {
				byStage++
				fmt.Fprintf(&got, "%s | %s | %s | %d | %s\n", s.TaskID, f.Stage, f.Code, f.Count, f.Info)
				continue
			}
			byPlatform++
			fmt.Fprintf(&got, "%s | %s | event %d | platform %d | %s | %d | %s\n", s.TaskID, f.Stage, f.EventType, f.Platform, f.Code, f.Count, f.Info)
		}
	}
	if byStage != 8 || byPlatform != 7 {
		t.Errorf("%d rows by stage and %d by platform, want 8 and 7", byStage, byPlatform)
	}
	const golden = "testdata/published_sample.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}
