package extract_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/extract"
	"pushloss/internal/secret"
)

// listed asks a server that answers so for scheduled pushes.
func listed(t *testing.T, answer string) (page extract.ScheduledPage, asked string, err error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.URL.Path + " " + string(body)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	client := extract.NewClient(extract.Account{
		SDKAppID: 1400000001, SecretKey: secret.New("the-key-of-a-test"), Identifier: "administrator", BaseURLs: []string{server.URL},
	}, http.DefaultTransport, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
	noon := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	page, err = client.Scheduled(t.Context(), extract.ScheduledRequest{From: noon.AddDate(0, 0, -1), To: noon.In(time.FixedZone("", 3600)), OrderBy: "schedat", Offset: 20, Want: 20})
	return page, asked, err
}

func TestAListOfScheduledPushesIsReadAsFarAsItIsUnderstood(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 6, 1, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, answer string
		want         extract.ScheduledPage
	}{
		{"none", `{"ErrorCode":0}`, extract.ScheduledPage{}},
		{"null", `{"ErrorCode":0,"Total":0,"Tasks":null}`, extract.ScheduledPage{}},
		{"the page's, dispatched and pending", `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"Total":2,"Tasks":[
			{"TaskID":1234567890,"Sdkappid":1400000001,"Type":"User","SchedAt":"2025-06-01 10:00:00","Content":{"To_Account":["bob"]},"Status":"dispatched","PushTaskID":"t-1"},
			{"TaskID":1234567891,"SchedAt":"2025-06-01 10:00:00","Status":"pending","PushTaskID":""},]}`,
			extract.ScheduledPage{Listed: 2, Total: 2, Pushes: []extract.ScheduledPush{{TaskID: "t-1", SentAt: &at}, {SentAt: &at}}}},
		{"other forms", `{"ErrorCode":0,"Total":"7","Tasks":[7,null,{"PushTaskID":12,"SchedAt":1748772000},{"PushTaskID":["x"],"SchedAt":"soon","SchedAt":{}},{"PushTaskID":" t-2 "}]}`,
			extract.ScheduledPage{Listed: 5, Total: 7, Pushes: []extract.ScheduledPush{{}, {TaskID: "12", SentAt: &at}, {}, {TaskID: "t-2"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			page, asked, err := listed(t, test.answer)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, page); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
			const want = `/v4/timpush/list_sched_task {"Sdkappid":1400000001,"Offset":20,"Want":20,"OrderBy":"schedat","Asc":false,"BeginTime":"2025-05-31 12:00:00","EndTime":"2025-06-01 12:00:00"}`
			if asked != want {
				t.Errorf("asked\n%s, want\n%s", asked, want)
			}
		})
	}
}

// A list may name recipients.
func TestAnUnreadableListIsNotShown(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{"Tasks":[{"Content":{"To_Account":["bob"]}`, `{"ErrorCode":0,"Tasks":{"To_Account":"bob"}}`, `["bob"]`} {
		_, _, err := listed(t, answer)
		var failed *extract.Error
		if !errors.As(err, &failed) || strings.Contains(err.Error(), "bob") {
			t.Errorf("%s: %v", answer, err)
		}
	}
}
