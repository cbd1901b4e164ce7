package page_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"pushloss/internal/stream"
	"pushloss/load"
)

var screenshot = flag.String("screenshot", "", "write the README's picture of the page to this file")

// demo is a world with the demo's app and tasks, some runs, a day that failed and
// one that was never pulled.
func demo(t testing.TB) *fixture {
	t.Helper()
	w := setup(t)
	w.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	w.register(testApp, demoTasks...)
	for day := today - 2; day <= today; day++ {
		w.run(day)
	}
	w.API.Faults("huge=33:day=" + (today - 5).String())
	w.backfill(testApp, today-5, today-5, load.RunPartial)
	w.API.Faults()
	return w
}

// The README's picture is made by
//
//	go test ./internal/page -run Picture -args -screenshot "$PWD/docs/screenshot.png"
func TestThePictureOfTheREADME(t *testing.T) {
	t.Parallel()
	b := browse(t, demo(t), 1280, light)
	b.do(chromedp.EmulateViewport(1280, 1284)) // down to the codes
	b.open()
	picture := value(b, chromedp.CaptureScreenshot())
	size, err := png.DecodeConfig(bytes.NewReader(picture))
	must(t, err)
	if size.Width != 1280 || len(picture) > 300_000 {
		t.Errorf("the picture is %d wide and has %d bytes", size.Width, len(picture))
	}
	if *screenshot != "" {
		must(t, os.WriteFile(*screenshot, picture, 0o644))
	}
}
