package extract_test

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"pushloss/extract"
	"pushloss/internal/secret"
)

func (s *service) userSig(n int) string { return s.requests[n].URL.Query().Get("usersig") }

func verify(userSig string, now time.Time) error {
	return tencentyun.VerifyUserSig(appID, secretKey.Reveal(), "administrator", userSig, now)
}

func TestAUserSigVerifies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(reply{body: okay})
		if _, err := pull(s, extract.Options{}); err != nil {
			t.Fatal(err)
		}
		userSig := s.userSig(0)
		if err := verify(userSig, time.Now()); err != nil {
			t.Error(err)
		}
		if err := verify(userSig, time.Now().Add(24*time.Hour-time.Second)); err != nil {
			t.Errorf("it does not last for 24 hours: %v", err)
		}
		if err := verify(userSig, time.Now().Add(25*time.Hour)); err == nil {
			t.Error("it lasts for longer than 24 hours")
		}
	})
}

func TestAUserSigIsUsedAgainUntilItNearsItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(reply{body: okay})
		client := extract.NewClient(account(), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
		signatures := make(map[string]bool)
		for n := range 100 { // an hour apart
			if _, err := client.Pull(t.Context(), oneDay); err != nil {
				t.Fatal(err)
			}
			if err := verify(s.userSig(n), time.Now().Add(30*time.Minute)); err != nil {
				t.Errorf("call %d: %v", n, err)
			}
			signatures[s.userSig(n)] = true
			time.Sleep(time.Hour)
		}
		if len(signatures) != 5 {
			t.Errorf("%d UserSigs in 100 hours, want one for every 23", len(signatures))
		}
	})
}

func TestARefusedUserSigIsReplacedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inTurn(reply{body: `{"ErrorCode":70001}`}, reply{status: 500})
		client := extract.NewClient(account(), s, extract.NewPacer(0.1, extract.PacerOptions{}), extract.Options{})
		if _, err := client.Pull(t.Context(), oneDay); err != nil {
			t.Fatal(err)
		}
		if s.userSig(0) == s.userSig(1) {
			t.Error("the refused UserSig is used again")
		}
		if s.userSig(1) != s.userSig(2) {
			t.Error("a failure of another kind replaced the UserSig")
		}
		if err := verify(s.userSig(1), time.Now()); err != nil {
			t.Error(err)
		}
	})
}

func TestTheUserSigBelongsToTheAccount(t *testing.T) {
	t.Parallel()
	s := &service{answer: func(_ int, r *http.Request) reply {
		id, _ := strconv.ParseUint(r.URL.Query().Get("sdkappid"), 10, 64)
		key := map[uint64]string{1400000001: "one", 1600000002: "two"}[id]
		if err := tencentyun.VerifyUserSig(id, key, r.URL.Query().Get("identifier"), r.URL.Query().Get("usersig"), time.Now()); err != nil {
			t.Errorf("app %d: %v", id, err)
		}
		return reply{body: okay}
	}}
	for _, a := range []extract.Account{
		{SDKAppID: 1400000001, SecretKey: secret.New("one"), Identifier: "administrator", BaseURLs: []string{mainURL}},
		{SDKAppID: 1600000002, SecretKey: secret.New("two"), Identifier: "管理 & +*", BaseURLs: []string{mainURL}},
	} {
		client := extract.NewClient(a, s, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
		if _, err := client.Pull(t.Context(), oneDay); err != nil {
			t.Error(err)
		}
	}
}
