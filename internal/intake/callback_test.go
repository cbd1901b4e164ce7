package intake_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/intake"
	"pushloss/internal/secret"
)

const taken = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`

func TestACallbackRegistersItsTasksAndNothingElse(t *testing.T) {
	t.Parallel()
	w := setup(t)
	sent := noon.Add(-time.Hour)
	hundred := make([]string, 100)
	for i := range hundred {
		hundred[i] = event(fmt.Sprintf("task-%d", i%3), sent.Add(time.Duration(i)*time.Second))
	}
	for range 2 {
		if status, body := w.call(sign(appA, tokenA, noon), events(hundred...)); status != http.StatusOK || body != taken {
			t.Errorf("HTTP %d %s", status, body)
		}
		w.flush()
	}
	w.call(sign(appB, tokenB, noon), events(event("task-0", sent)))
	w.flush()
	want := []string{
		"1400000001 task-0 2026-11-28 11:00:00 callback", "1400000001 task-1 2026-11-28 11:00:01 callback",
		"1400000001 task-2 2026-11-28 11:00:02 callback", "1400000002 task-0 2026-11-28 11:00:00 callback",
	}
	if diff := cmp.Diff(want, w.registry.list()); diff != "" {
		t.Errorf("registered (-want +got):\n%s", diff)
	}
	if w.registry.calls != 2 {
		t.Errorf("the registry was asked %d times: known tasks are asked for again", w.registry.calls)
	}
	if strings.Contains(w.log.String(), "bob-the-recipient") {
		t.Errorf("the log names a recipient:\n%s", w.log)
	}
}

func TestACallbackThatIsNotGenuineIsRefused(t *testing.T) {
	t.Parallel()
	right := sign(appA, tokenA, noon)
	for _, test := range []struct{ name, query, says string }{
		{"no signature", fmt.Sprintf("SdkAppid=%d&CallbackCommand=Push.AllMemberPush", appA), "no Sign or no RequestTime"},
		{"another token", sign(appA, "some other token", noon), "is wrong"},
		{"another app's token", sign(appA, tokenB, noon), "is wrong"},
		{"another app's signature", strings.Replace(right, "1400000001", "1400000002", 1), "is wrong"},
		{"an app that is not configured", strings.Replace(right, "1400000001", "7", 1), "is wrong"},
		{"no app", strings.Replace(right, "SdkAppid=1400000001", "", 1), "is wrong"},
		{"an app without a token, signed with none", sign(7, "", noon), "is wrong"},
		{"another time", right + "0", "is wrong"},
		{"in upper case", strings.ToUpper(right), "no Sign"},
		{"an older one", sign(appA, tokenA, noon.Add(-6*time.Minute)), "more than 5 minutes"},
		{"one in the future", sign(appA, tokenA, noon.Add(6*time.Minute)), "more than 5 minutes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, func(o *intake.Options) { o.Apps = append(o.Apps, intake.App{SDKAppID: 7}) })
			status, body := w.call(test.query, events(event("t", noon)))
			if status != http.StatusForbidden || !strings.Contains(body, `"FAILURE"`) || !strings.Contains(body, test.says) {
				t.Errorf("HTTP %d %s, want one that says %q", status, body, test.says)
			}
			w.flush()
			if list := w.registry.list(); len(list) > 0 {
				t.Errorf("registered %v", list)
			}
			if !strings.Contains(w.log.String(), "refused callbacks") {
				t.Errorf("the log does not say so:\n%s", w.log)
			}
		})
	}
}

// The vendor's own example.
func TestTheSignatureIsTheVendors(t *testing.T) {
	t.Parallel()
	at := time.Unix(1669872112, 0)
	w := setup(t, func(o *intake.Options) {
		o.Apps = []intake.App{{SDKAppID: 1, CallbackToken: secret.New("xxxxyyyy")}}
		o.Now = func() time.Time { return at }
	})
	query := "SdkAppid=1&CallbackCommand=Push.AllMemberPush&Sign=17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061&RequestTime=1669872112"
	if status, body := w.call(query, events()); status != http.StatusOK {
		t.Errorf("HTTP %d %s", status, body)
	}
}

func TestWhatACallbackMayContain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		status     int
		want       []string
	}{
		{"no events", `{}`, 200, nil},
		{"an event without Events around it", event("t", noon), 200, []string{"t 2026-11-28 12:00:00"}},
		{"future fields", `{"Events":[{"New":{"TaskId":"no"},"TaskId":"t","TaskTime":"1795867200","Old":[1,{}]}],"More":[[]]}`, 200, []string{"t 2026-11-28 12:00:00"}},
		{"events without a usable task", `{"Events":[{"TaskId":""},{"TaskId":null},{"TaskId":["x"]},{},7,"x",null,{"TaskId":"a\u0000b"},{"TaskId":"a\u001b[31m"},{"TaskId":"\ud800"},{"TaskId":"` + strings.Repeat("x", 513) + `"},{"TaskId":"t"}]}`, 200, []string{"t -"}},
		{"events of another command", `{"Events":[{"CallbackCommand":"Push.OfflinePush","TaskId":"u"},{"TaskId":"v","CallbackCommand":"Bot.OnC2CMessage"},` + event("t", noon) + `]}`, 200, []string{"t 2026-11-28 12:00:00"}},
		{"blanks around a TaskId", `{"Events":[{"TaskId":" t\n"}]}`, 200, []string{"t -"}},
		{"a time that makes no sense", events(event("t", time.Unix(5, 0)), event("u", noon.Add(time.Hour))), 200, []string{"t -", "u -"}},
		{"a time in the ID alone", `{"Events":[{"TaskId":"6747f000_53724e01_1_2_3","TaskTime":0}]}`, 200, []string{"6747f000_53724e01_1_2_3 2024-11-28 04:22:24"}},
		{"a repeated member in an event", `{"Events":[{"TaskId":"a","TaskId":"b"},{"TaskId":"c","TaskTime":1,"tasktime":2},` + event("t", noon) + `]}`, 400, []string{"t 2026-11-28 12:00:00"}},
		{"a repeated member around the events", `{"Events":[` + event("t", noon) + `],"events":[` + event("u", noon) + `]}`, 400, []string{"t 2026-11-28 12:00:00"}},
		{"not JSON", `{"Events":[`, 400, nil},
		{"no object", `[1]`, 400, nil},
		{"two bodies", `{}{}`, 400, nil},
		{"nothing", ``, 400, nil},
		{"too much", `{"Events":[],"x":"` + strings.Repeat("x", 600<<10) + `"}`, 413, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			status, body := w.call(sign(appA, tokenA, noon), test.body)
			if status != test.status || (status == 200) != (body == taken) {
				t.Errorf("HTTP %d %s, want %d", status, body, test.status)
			}
			w.flush()
			var want []string
			for _, task := range test.want {
				want = append(want, "1400000001 "+task+" callback")
			}
			if diff := cmp.Diff(want, append([]string(nil), w.registry.list()...)); diff != "" {
				t.Errorf("registered (-want +got):\n%s", diff)
			}
		})
	}
}

// An app has one address for all its callbacks.
func TestOtherCallbacksAreAnsweredWithoutBeingRead(t *testing.T) {
	t.Parallel()
	w := setup(t)
	query := strings.Replace(sign(appA, tokenA, noon), "Push.AllMemberPush", "C2C.CallbackAfterSendMsg", 1)
	if status, body := w.call(query, "a message of another program, not even JSON"); status != http.StatusOK || body != taken {
		t.Errorf("HTTP %d %s", status, body)
	}
}

// More bodies than there is room for are not read, and their callbacks are answered at once.
func TestTooManyCallbacksAtOnceAreTurnedAway(t *testing.T) {
	t.Parallel()
	outcomes := make(chan string, 100)
	w := setup(t, func(o *intake.Options) { o.OnCallback = func(outcome string) { outcomes <- outcome } })
	const room = 64
	var slow sync.WaitGroup
	release := make(chan struct{})
	reading := make(chan struct{}, room)
	for range room {
		slow.Go(func() {
			body := io.MultiReader(readerFunc(func([]byte) (int, error) {
				reading <- struct{}{}
				<-release
				return 0, io.EOF
			}), strings.NewReader("{}"))
			r := httptest.NewRequest(http.MethodPost, intake.CallbackPath+"?"+sign(appA, tokenA, noon), body)
			if status, text := w.serve(r); status != http.StatusOK {
				t.Errorf("HTTP %d %s", status, text)
			}
		})
	}
	for range room {
		<-reading
	}
	if status, body := w.call(sign(appA, tokenA, noon), events(event("t", noon))); status != http.StatusServiceUnavailable || !strings.Contains(body, "FAILURE") {
		t.Errorf("HTTP %d %s", status, body)
	}
	if outcome := <-outcomes; outcome != "crowded_out" {
		t.Errorf("it counts as %s", outcome)
	}
	close(release)
	slow.Wait()
	w.call(sign(appA, tokenA, noon), events(event("t", noon)))
	w.flush()
	if len(w.registry.list()) != 1 {
		t.Error("there is no room after the crowd")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Whatever a signed body is, it brings tasks of bounded length, or none.
func FuzzCallback(f *testing.F) {
	for _, body := range []string{events(event("t", noon)), `{"TaskId":1,"TaskTime":"x"}`, `{"Events":[[],{"TaskId":"a"}`, `{"Events":{"TaskId":"a"}}`, "[]", "", `{"a":"\ud800"}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := setup(t)
		w.call(sign(appA, tokenA, noon), body)
		w.flush()
		for _, task := range w.registry.tasks {
			if task.TaskID == "" || len(task.TaskID) > 512 || !utf8.ValidString(task.TaskID) || strings.ContainsRune(task.TaskID, 0) {
				t.Errorf("registered %q", task.TaskID)
			}
		}
	})
}

func TestAnUnreachableDatabaseLosesNoTaskWhoseCallbacksGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t, func(o *intake.Options) { o.Now = time.Now })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.intake.Run(ctx); close(ended) }()
		const room, tasks = 5_000, 5_100
		callAll := func() {
			for i := 0; i < tasks; i += 100 {
				var list []string
				for n := i; n < i+100; n++ {
					list = append(list, event(fmt.Sprint("task-", n), time.Now()))
				}
				if status, body := w.call(sign(appA, tokenA, time.Now()), events(list...)); status != http.StatusOK {
					t.Fatalf("HTTP %d %s", status, body)
				}
			}
			synctest.Wait()
		}
		w.registry.setAway(true)
		callAll()
		time.Sleep(10 * time.Minute)
		if n := len(w.registry.list()); n != 0 {
			t.Fatalf("%d tasks are registered", n)
		}
		if w.registry.calls > 40 {
			t.Errorf("the registry was tried %d times in 10 minutes", w.registry.calls)
		}
		w.registry.setAway(false)
		time.Sleep(time.Minute)
		if n := len(w.registry.list()); n != room {
			t.Errorf("%d tasks are registered, want the %d for which there was room", n, room)
		}
		callAll()
		time.Sleep(time.Minute)
		if n := len(w.registry.list()); n != tasks {
			t.Errorf("%d tasks are registered, want all %d", n, tasks)
		}
		cancel()
		<-ended
		for _, want := range []string{"cannot register tasks of callbacks", "registered again", "dropped events", "registered tasks of callbacks"} {
			if !strings.Contains(w.log.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, w.log)
			}
		}
		if n := strings.Count(w.log.String(), "cannot register"); n != 1 {
			t.Errorf("the log says %d times that the database is away", n)
		}
	})
}

// A task is deleted, or a backup restored: its next events register it again.
func TestADeletedTaskIsRegisteredAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	call := func() {
		w.call(sign(appA, tokenA, w.now), events(event("t", noon)))
		w.flush()
	}
	call()
	w.registry.tasks = nil
	for range 3 {
		w.now = w.now.Add(11 * time.Minute)
		call()
	}
	if len(w.registry.list()) != 1 {
		t.Error("the task is forgotten")
	}
}

func TestWithoutATokenNothingIsAccepted(t *testing.T) {
	t.Parallel()
	w := setup(t, func(o *intake.Options) {
		o.TasksToken = secret.Text{}
		o.Apps = []intake.App{{SDKAppID: appA, Location: time.UTC}}
	})
	if status, body := w.call(sign(appA, "", noon), events()); status != http.StatusNotFound || !strings.Contains(body, "PUSHLOSS_CALLBACK_TOKEN") {
		t.Errorf("a callback is HTTP %d %s", status, body)
	}
	if status, body := w.post("", "", `{"task_id":"t"}`); status != http.StatusNotFound || !strings.Contains(body, "PUSHLOSS_TASKS_TOKEN") {
		t.Errorf("a post is HTTP %d %s", status, body)
	}
}

// cpuTime returns the CPU time that this process used on all cores.
func cpuTime(t testing.TB) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkCallback measures how many events a second of one core is enough for, the
// client that sends them included. Calls of 100 events and of one are the ends of what the
// vendor sends.
func BenchmarkCallback(b *testing.B) {
	for _, perCall := range []int{100, 1} {
		b.Run(fmt.Sprint(perCall, "_events_a_call"), func(b *testing.B) {
			w := setup(b, func(o *intake.Options) { o.Now = time.Now })
			server := serveOn(b, w.handler)
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan struct{})
			go func() { w.intake.Run(ctx); close(ended) }()
			defer func() { cancel(); <-ended }()
			list := make([]string, perCall)
			for i := range list {
				list[i] = event(fmt.Sprintf("657bf434_537529d8_2000005e80aa873_2780d131_%x", i%7), noon)
			}
			body := events(list...)
			request := []byte(fmt.Sprintf("POST %s?%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				intake.CallbackPath, sign(appA, tokenA, time.Now()), len(body), body))
			conn, err := net.Dial("tcp", strings.TrimPrefix(server, "http://"))
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			answered := make([]byte, 4096)
			b.ResetTimer()
			before := cpuTime(b)
			for b.Loop() {
				if _, err := conn.Write(request); err != nil {
					b.Fatal(err)
				}
				n, err := conn.Read(answered)
				if err != nil || !strings.HasSuffix(string(answered[:n]), taken+"\n") {
					b.Fatalf("%s, %v", answered[:n], err)
				}
			}
			b.ReportMetric(float64(b.N*perCall)/(cpuTime(b)-before).Seconds(), "events/cpu-s")
		})
	}
}
