package extract_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"pushloss/extract"
)

// S13: bodies that are not answers are retried, and the error says so.
func TestBodiesThatAreNotAnAnswer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, says string }{
		"empty":                      {"", "the answer is empty after 5 calls"},
		"blank":                      {" \r\n", "the answer is empty after 5 calls"},
		"text":                       {"service unavailable", "service unavailable"},
		"a page":                     {"<html><body>\n  <h1>502</h1></body>", "<html><body> <h1>502</h1></body>"},
		"a JSON string":              {`"ok"`, "it is a JSON string, not an object"},
		"an array":                   {`[` + okay + `]`, "it is a JSON array, not an object"},
		"null":                       {`null`, "it is a JSON null, not an object"},
		"without a code":             {`{"ActionStatus":"OK","Results":[]}`, "it has no ErrorCode"},
		"with a code that is a word": {`{"ErrorCode":"none"}`, "its ErrorCode is not a whole number"},
		"with a fraction as code":    {`{"ErrorCode":0.5}`, "its ErrorCode is not a whole number"},
		"cut off":                    {okay[:len(okay)-3], "not the API's JSON"},
		"two answers":                {okay + okay, "text follows its end"},
		"text after the answer":      {okay + " x", "text follows its end"},
		"nested too deeply":          {`{"ErrorCode":0,"a":` + strings.Repeat("[", 2<<20), "it is nested too deeply"},
		"nested too deeply, otherwise repairable": {
			`{"ErrorCode":0,/* " */"a":[1,],"b":` + strings.Repeat(`[{"c":`, 1<<20), "it is nested too deeply",
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := always(reply{body: tt.body})
			answer, err := pull(s, extract.Options{})
			failed := failure(t, err)
			if failed.Class != extract.Transient || failed.HTTPStatus != 200 || s.calls() != 5 || answer.JSON != nil {
				t.Errorf("class %s, HTTP %d, %d calls", failed.Class, failed.HTTPStatus, s.calls())
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
			if len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// S13: bodies whose meaning is certain are read.
func TestOddBodiesThatAreReadAnyway(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("../transform/testdata/published_sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"the published sample":                   string(sample),
		"a trailing comma":                       `{"ErrorCode":0,"Results":[1,],}`,
		"comments of both kinds":                 "/* a */{\"ErrorCode\":0, // [[[\n\"Results\":[]}",
		"a comment at the end":                   okay + " // [ \" \n",
		"brackets in a string":                   `{"ErrorCode":0,"ErrorInfo":"` + strings.Repeat(`[\"`, 5000) + `",}`,
		"brackets in a comment":                  `{"ErrorCode":0,/*` + strings.Repeat("[", 5000) + `*/}`,
		"many rows and a trailing comma":         `{"ErrorCode":0,"Results":[` + strings.Repeat(`{"a":[[]]},`, 5000) + `]}`,
		"a byte order mark":                      "\ufeff" + okay,
		"names in escapes":                       `{"\u0041ctionStatus":"OK","\u0045rrorCode":0,"Results":[]}`,
		"a code in escapes":                      `{"ErrorCode":"\u0030"}`,
		"blanks around":                          " \r\n" + okay + "\n\n",
		"a code that is a string":                `{"ErrorCode":"0"}`,
		"a code that is null":                    `{"ErrorCode":null}`,
		"without a message":                      `{"ActionStatus":"OK","ErrorCode":0}`,
		"a message that is an object":            `{"ErrorCode":0,"ErrorInfo":{"a":1}}`,
		"a message that is not UTF-8":            "{\"ErrorCode\":0,\"ErrorInfo\":\"\xff\"}",
		"a name that occurs twice":               `{"ErrorCode":0,"x":1,"x":2}`,
		"unknown fields":                         `{"RequestId":"x","ErrorCode":0,"Results":[],"More":{"ErrorCode":1}}`,
		"a ResultCode of success":                `{"ErrorCode":0,"ResultCode":0,"ResultInfo":"ok"}`,
		"only a ResultCode":                      `{"ActionStatus":"OK","ResultCode":0,"Results":[]}`,
		"a status in another case and no result": `{"actionstatus":"FAIL","ErrorCode":0}`,
	} {
		inBubble(t, name, func(t *testing.T) {
			answer, err := pull(always(reply{body: body}), extract.Options{MaxTries: 1})
			if err != nil {
				t.Fatal(err)
			}
			if string(answer.Body) != body {
				t.Error("the body is not kept byte for byte")
			}
			if !json.Valid(answer.JSON) {
				t.Errorf("not JSON: %.200s", answer.JSON)
			}
		})
	}
}

func TestAnAnswerWithTwoOutcomesIsAFailure(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"ErrorCode":90100,"ErrorInfo":"no","ErrorCode":0,"Results":[]}`, `{"ErrorCode":0,"ErrorCode":null}`, `{"ErrorCode":0,"\u0045rrorCode":0}`,
		`{"ErrorCode":0,"ResultCode":0,"ResultCode":7}`, `{"ActionStatus":"FAIL","ActionStatus":"OK","ErrorCode":0}`,
	} {
		_, err := pull(always(reply{body: body}), extract.Options{MaxTries: 1})
		if failed := failure(t, err); failed.Class != extract.Transient || !strings.Contains(err.Error(), " twice") {
			t.Errorf("%s ends with %v", body, err)
		}
	}
}

// A service behind a gateway may answer as the status that its code is like.
func TestACodeOfTheAPICountsWhateverTheStatus(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reply reply
		class extract.Class
		calls int
		says  string
	}{
		"parameters":             {reply{status: 400, body: `{"ErrorCode":90100,"ErrorInfo":"no task"}`}, extract.BadRequest, 1, "code 90100 (invalid request parameters): no task"},
		"an internal error":      {reply{status: 400, body: `{"ErrorCode":90102}`}, extract.Transient, 5, "code 90102"},
		"a refusal":              {reply{status: 500, body: `{"ErrorCode":60006}`}, extract.Operator, 1, "code 60006"},
		"the frequency":          {reply{status: 403, body: `{"ErrorCode":60007}`}, extract.Throttled, 5, "code 60007"},
		"a ResultCode":           {reply{status: 401, body: `{"ErrorCode":0,"ResultCode":70009}`}, extract.Operator, 1, "code 70009"},
		"no code":                {reply{status: 403, body: `{"ErrorInfo":"blocked"}`}, extract.Operator, 1, "HTTP 403: "},
		"a success all the same": {reply{status: 500, body: okay}, extract.Transient, 5, "HTTP 500: "},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := always(tt.reply)
			_, err := pull(s, extract.Options{})
			failed := failure(t, err)
			if failed.Class != tt.class || s.calls() != tt.calls || failed.HTTPStatus != tt.reply.status {
				t.Errorf("class %s after %d calls, HTTP %d; want %s after %d", failed.Class, s.calls(), failed.HTTPStatus, tt.class, tt.calls)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
		})
	}
}

func TestAnAnswerInACodingThatWasNotAskedForIsNamed(t *testing.T) {
	t.Parallel()
	inBubble(t, "br", func(t *testing.T) {
		_, err := pull(always(reply{body: "\x0b\x02", header: http.Header{"Content-Encoding": {"br"}}}), extract.Options{})
		if failed := failure(t, err); failed.Class != extract.Transient || !strings.Contains(err.Error(), `Content-Encoding "br"`) {
			t.Errorf("class %s: %v", failed.Class, err)
		}
	})
	inBubble(t, "identity", func(t *testing.T) {
		if _, err := pull(always(reply{body: okay, header: http.Header{"Content-Encoding": {"identity"}}}), extract.Options{}); err != nil {
			t.Error(err)
		}
	})
}

func TestAFailureWithoutACodeIsWhole(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"ActionStatus":"FAIL","ErrorCode":0}`:                        "ActionStatus FAIL without a code",
		`{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":"no quota"}`: "ActionStatus FAIL without a code: no quota",
	} {
		if _, err := pull(always(reply{body: body}), extract.Options{MaxTries: 1}); err == nil || err.Error() != want {
			t.Errorf("%s ends with %q", body, err)
		}
	}
}

func TestARefusalWrittenInEscapesIsRead(t *testing.T) {
	t.Parallel()
	_, err := pull(always(reply{body: `{"\u0045rrorCode":"9\u0030009","Error\u0049nfo":"the words"}`}), extract.Options{MaxTries: 1})
	if failed := failure(t, err); failed.Code != 90009 || failed.Info != "the words" {
		t.Errorf("code %d, %v", failed.Code, err)
	}
}

func TestAnAnswerAboveTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limit int64
		fits  bool
	}{"exactly": {int64(len(okay)), true}, "a byte over": {int64(len(okay)) - 1, false}} {
		inBubble(t, name, func(t *testing.T) {
			s := always(reply{body: okay})
			answer, err := pull(s, extract.Options{MaxBody: tt.limit})
			if tt.fits {
				if err != nil || string(answer.Body) != okay {
					t.Errorf("got %q, %v", answer.Body, err)
				}
				return
			}
			if failed := failure(t, err); failed.Class != extract.Unreadable || failed.StopsApp() || s.calls() != 1 {
				t.Errorf("class %s after %d calls", failed.Class, s.calls())
			}
		})
	}
}

// endless is a body that does not end by itself.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	return copy(p, bytes.Repeat([]byte(" "), len(p))), nil
}

func (*endless) Close() error { return nil }

func TestAnEndlessBodyIsReadToTheLimitOnly(t *testing.T) {
	t.Parallel()
	body := &endless{}
	client := extract.NewClient(account(), roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: body}, nil
	}), extract.NewPacer(0, extract.PacerOptions{}), extract.Options{MaxBody: 1 << 16})
	_, err := client.Pull(t.Context(), oneDay)
	if failed := failure(t, err); failed.Class != extract.Unreadable || body.read > 1<<18 {
		t.Errorf("class %s after %d bytes", failed.Class, body.read)
	}
}

func TestTheServicesClockIsKept(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]time.Time{
		"Sun, 09 Mar 2025 01:02:03 GMT": time.Date(2025, 3, 9, 1, 2, 3, 0, time.UTC),
		"yesterday":                     {},
		"":                              {},
	} {
		inBubble(t, date, func(t *testing.T) {
			answer, err := pull(always(reply{body: okay, header: http.Header{"Date": {date}}}), extract.Options{})
			if err != nil || !answer.Date.Equal(want) {
				t.Errorf("Date is %s, %v; want %s", answer.Date, err, want)
			}
		})
	}
}

// serve answers with handler over a real connection; no pace, two tries.
func serve(t *testing.T, handler http.HandlerFunc) (extract.Answer, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := extract.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client := extract.NewClient(account(server.URL), transport, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{MaxTries: 2})
	return client.Pull(t.Context(), oneDay)
}

func TestACompressedAnswerIsKeptUncompressed(t *testing.T) {
	t.Parallel()
	answer, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("compression is not offered")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, okay)
		_ = z.Close()
	})
	if err != nil || string(answer.Body) != okay {
		t.Errorf("got %q, %v", answer.Body, err)
	}
}

func TestAnAnswerThatBreaksOffIsRetried(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"before its declared length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, okay[:20])
		},
		"in chunks": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, okay[:20])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"compressed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = io.WriteString(z, okay)
			_ = z.Close()
			_, _ = w.Write(b.Bytes()[:b.Len()-10])
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, handler)
			failed := failure(t, err)
			if failed.Class != extract.Transient || failed.Attempts != 2 || !strings.Contains(failed.Info, "broke off") {
				t.Errorf("class %s, attempts %d: %v", failed.Class, failed.Attempts, err)
			}
		})
	}
}

func TestARealRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	_, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/elsewhere") {
			t.Error("the redirect is followed")
		}
		http.Redirect(w, r, "/elsewhere?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	})
	if failed := failure(t, err); failed.Class != extract.Operator || failed.Attempts != 1 {
		t.Errorf("class %s, attempts %d", failed.Class, failed.Attempts)
	}
}

// An answer that the request knows is handed over unread, with the service's clock. The digest
// is that of the text that is handed over, if there is one.
func TestAKnownAnswerIsNotRead(t *testing.T) {
	t.Parallel()
	const okayWithComma = `{"ErrorCode":0,"Results":[],}`
	for name, test := range map[string]struct {
		body          string
		known, hashed bool
	}{
		"known":                   {okay, true, true},
		"not known":               {okay, false, true},
		"with a fault to repair":  {okayWithComma, false, true},
		"with a key":              {`{"ErrorCode":0,"Results":[],"of":"` + secretKey.Reveal() + `"}`, false, false},
		"known before the repair": {okayWithComma, true, true},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := always(reply{body: test.body})
			request := oneDay
			request.Known = func(digest [sha256.Size]byte) bool { return test.known && digest == sha256.Sum256([]byte(test.body)) }
			answer, err := pullAs(s, request, extract.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if (answer.JSON == nil) != test.known || (string(answer.Body) == test.body) != test.hashed {
				t.Errorf("the answer is %+v", answer)
			}
			if hashed := answer.Digest == sha256.Sum256(answer.Body); hashed != test.hashed || !hashed && answer.Digest != [sha256.Size]byte{} {
				t.Errorf("the digest is %x", answer.Digest)
			}
		})
	}
}
