package main_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestNothingIsLoadedWhileClocksDisagree(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var ahead atomic.Int64 // of the API's clock
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		w.answer(answer, r)
		rw.Header().Set("Date", time.Now().Add(time.Duration(ahead.Load())).UTC().Format(http.TimeFormat))
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(answer.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	w.env["TIM_BASE_URL"] = server.URL
	w.do(0, "migrate", "up")

	ahead.Store(int64(-10 * time.Minute))
	const odd = "the API's clock is behind the two others, which agree"
	w.do(4, "check").says(t, odd, "Date header")
	failed := w.do(4, "run")
	failed.says(t, "this machine's clock says", "the database's clock says", "the API's clock says", odd, "Date header")
	if n := w.number(`SELECT count(*) FROM pushloss.ledger`) + w.number(`SELECT count(*) FROM pushloss.pull`); n != 0 {
		t.Errorf("%d rows were written by a clock that nobody confirms", n)
	}
	w.do(1, "status").says(t, "NOT OK")

	ahead.Store(0)
	w.do(0, "check")
	w.do(0, "run")
	if said := w.do(0, "status"); strings.Contains(said.stdout, "NOT OK") {
		t.Error(said.stdout)
	}
	if w.number(`SELECT count(*) FROM pushloss.ledger WHERE state = 'loaded'`) == 0 {
		t.Error("nothing was loaded once the clocks agreed")
	}
}
