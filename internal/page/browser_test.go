package page_test

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"pushloss/internal/page"
)

// browserLimit is far more than a browser takes; it ends one that hangs.
const browserLimit = 10 * time.Minute

// browser is a headless Chromium that sees the page of a world, and remembers what
// it asked for and complained of.
type browser struct {
	t    testing.TB
	ctx  context.Context
	home string // the page's address

	mu         sync.Mutex
	requests   []string
	complaints []string
}

// chromium is the one browser of this test binary; each test has its own profile in it.
// It has to be a global: tests have nothing in common but the process.
var chromium oneBrowser

// oneBrowser is started by the first test that needs it.
type oneBrowser struct {
	once sync.Once
	ctx  context.Context
	err  error
	ends []func()
}

func (o *oneBrowser) start(t testing.TB, path string) context.Context {
	t.Helper()
	o.once.Do(func() {
		allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path),
			chromedp.NoSandbox, // which root cannot use; it sees pages of these tests only
			chromedp.Flag("disable-dev-shm-usage", true),
			chromedp.DisableGPU, chromedp.Flag("disable-software-rasterizer", true),
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		)...)
		ctx, end := chromedp.NewContext(allocator)
		o.ctx, o.ends = ctx, []func(){func() { _ = chromedp.Cancel(ctx) }, end, endAllocator}
		o.err = chromedp.Do(ctx)
	})
	must(t, o.err)
	return o.ctx
}

func (o *oneBrowser) end() {
	for _, end := range o.ends {
		end()
	}
}

// scheme is what the reader's system prefers.
type scheme string

const (
	light scheme = "light"
	dark  scheme = "dark"
)

// browse serves the world's page and starts a browser, which is found as chromium
// in the PATH. Without one the test is skipped.
func browse(t testing.TB, w *fixture, width int, colours scheme) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium in the PATH: install Debian's package chromium to run this test")
	}
	server := httptest.NewServer(page.New(w.DB, w.options))
	t.Cleanup(server.Close)
	ctx, end := chromedp.NewContext(chromium.start(t, path), chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) })
	ctx, endLimit := context.WithTimeout(ctx, browserLimit)
	t.Cleanup(endLimit)
	b := &browser{t: t, ctx: ctx, home: server.URL}
	must(t, chromedp.Listen(ctx, b.listen))
	b.do(chromedp.EmulateViewport(int64(width), 1000))
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: string(colours)}},
	})
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, event.Request.URL)
	case *network.EventLoadingFailed:
		b.complaints = append(b.complaints, "loading failed: "+event.ErrorText)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console: "+event.Type.String())
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+event.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, event.Entry.Text)
	}
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, actions...))
}

// call runs a command of the browser's protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	must(b.t, err)
	return result
}

// value is what an action gives.
func value[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	result, err := chromedp.Run(b.ctx, action)
	must(b.t, err)
	return result
}

// open shows the page of a selection.
func (b *browser) open(pairs ...string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.home + "/?" + queryOf(pairs...)))
}

// document is what the browser has made of the page.
func (b *browser) document() *document {
	b.t.Helper()
	return parse(b.t, value(b, chromedp.OuterHTML(chromedp.CSS("html"))))
}

// keptToItself fails if anything was asked of another address, or went wrong.
func (b *browser) keptToItself() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.requests) < 3 {
		b.t.Errorf("only %q was asked for: this proves nothing", b.requests)
	}
	for _, url := range b.requests {
		// Chromium keeps the picture of its date fields in an address that holds it.
		if !strings.HasPrefix(url, b.home+"/") && !strings.HasPrefix(url, "data:") {
			b.t.Errorf("%s was asked for", url)
		}
	}
	for _, complaint := range b.complaints {
		b.t.Errorf("the browser complains: %s", complaint)
	}
}
