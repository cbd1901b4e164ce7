package extract_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/secret"
)

// S2: what a client does with the refusals of the API's stand-in.
func TestTheErrorCodeShowsWhichSettingIsWrong(t *testing.T) {
	t.Parallel()
	wrongKey, wrongApp, wrongAdmin := account(), account(), account()
	wrongKey.SecretKey = secret.New("another")
	wrongApp.SDKAppID++
	wrongAdmin.Identifier = "somebody"
	for _, tt := range []struct {
		name    string
		account extract.Account
		faults  []sandbox.Fault
		code    int
		calls   int
		class   extract.Class
	}{
		{name: "all is well", account: account(), calls: 1},
		{name: "wrong key", account: wrongKey, code: 70009, calls: 1, class: extract.Operator},
		{name: "wrong app", account: wrongApp, code: 70020, calls: 1, class: extract.Operator},
		{name: "not an administrator", account: wrongAdmin, code: 90009, calls: 1, class: extract.Operator},
		{name: "expired for good", account: account(), faults: []sandbox.Fault{{Name: "usersig-expired"}}, code: 70001, calls: 2, class: extract.Operator},
		{name: "expired once", account: account(), faults: []sandbox.Fault{{Name: "usersig-expired", First: 1}}, calls: 2},
		{name: "compressed", account: account(), faults: []sandbox.Fault{{Name: "gzip"}}, calls: 1},
		{name: "cut off twice", account: account(), faults: []sandbox.Fault{{Name: "truncated", First: 2}}, calls: 3},
		{name: "reset once", account: account(), faults: []sandbox.Fault{{Name: "reset", First: 1}}, calls: 2},
		{name: "redirected", account: account(), faults: []sandbox.Fault{{Name: "redirect"}}, calls: 1, class: extract.Operator},
		{name: "a comment in the JSON", account: account(), faults: []sandbox.Fault{{Name: "comments"}, {Name: "trailing-comma"}}, calls: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := sandbox.New(sandbox.Config{
				Apps: []sandbox.App{{SDKAppID: appID, SecretKey: secretKey.Reveal()}}, Faults: tt.faults,
			})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(s)
			t.Cleanup(server.Close)
			transport := extract.NewTransport()
			t.Cleanup(transport.CloseIdleConnections)
			tt.account.BaseURLs = []string{server.URL}
			calls := 0
			client := extract.NewClient(tt.account, transport, extract.NewPacer(0, extract.PacerOptions{}),
				extract.Options{OnCall: func(extract.CallReport) { calls++ }})
			_, err = client.Pull(t.Context(), extract.Request{Window: calendar.Day(20155).Window(time.UTC), Tasks: []string{"a"}})
			if calls != tt.calls {
				t.Errorf("%d calls, want %d (%v)", calls, tt.calls, err)
			}
			if tt.class == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if failed := failure(t, err); failed.Class != tt.class || failed.Code != tt.code || failed.Hint == "" {
				t.Errorf("class %s, code %d, hint %q; want %s, %d", failed.Class, failed.Code, failed.Hint, tt.class, tt.code)
			}
			if s.Stats().RedirectsFollowed != 0 {
				t.Error("a redirect was followed")
			}
		})
	}
}
