package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"pushloss/internal/lab/sandbox"
)

func Example() {
	fault, err := sandbox.ParseFault("http-500:first=1")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := sandbox.New(sandbox.Config{
		Apps:   []sandbox.App{{SDKAppID: 1400000001, SecretKey: "a key"}},
		Rows:   24,
		Faults: []sandbox.Fault{fault},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(s)
	defer server.Close()

	sig, err := tencentyun.GenUserSig(1400000001, "a key", sandbox.DefaultAdmin, 86400)
	if err != nil {
		fmt.Println(err)
		return
	}
	query := url.Values{
		"sdkappid": {"1400000001"}, "identifier": {sandbox.DefaultAdmin}, "usersig": {sig},
		"random": {"1"}, "contenttype": {"json"},
	}
	for range 2 {
		resp, err := http.Post(server.URL+sandbox.Path+"?"+query.Encode(), "application/json",
			strings.NewReader(`{"StartTime":1741449600,"EndTime":1741536000,"TaskID":["a"]}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}

	truth := s.Truth(1400000001, "a", time.Unix(1741449600, 0), time.Unix(1741536000, 0))
	fmt.Println(len(truth.Stage)+len(truth.Platform), "rows")
	// Output:
	// 500 Internal Server Error
	// 200 OK
	// 24 rows
}
