package page

import (
	"context"
	"fmt"
	"net/http"

	"github.com/dustin/go-humanize"
	"github.com/go-analyze/charts"
	"github.com/jackc/pgx/v5"
)

const lossChartPath = "/loss.svg"

// fineness is how many units of a drawing make a pixel of a page. The library cuts
// each part of a stack down to a whole unit, which whole pixels would show.
const fineness = 4

// chartSize is a chart's size in pixels: for wide screens, or for phones.
type chartSize struct {
	Width, Height int
	labels        int // below the horizontal axis
}

var (
	wideChart   = chartSize{1120, 340, 10}
	narrowChart = chartSize{400, 380, 4}
)

// drawLoss makes an SVG of the losses, a bar for each period.
func drawLoss(t lossTable, colours palette, size chartSize) ([]byte, error) {
	values, names := make([][]float64, len(t.Series)), make([]string, len(t.Series))
	for i, one := range t.Series {
		values[i], names[i] = one.Lost, one.Platform
	}
	labels := make([]string, len(t.Periods))
	for i, day := range t.Periods {
		labels[i] = day.UTC().Format("2 Jan")
	}
	if len(values) == 0 { // bare axes
		values, names = [][]float64{make([]float64, len(t.Periods))}, []string{""}
	}
	font := charts.FontStyle{FontSize: 10 * fineness}
	option := charts.NewBarChartOptionWithData(values)
	option.Theme = colours.theme(t.Series)
	option.StackSeries = charts.Ptr(true)
	option.Padding = charts.NewBox(4*fineness, 4*fineness, 12*fineness, 4*fineness)
	option.Legend.SeriesNames = names
	option.Legend.Show = charts.Ptr(false) // the page has it, as text
	option.CategoryAxis.Labels = labels
	option.CategoryAxis.LabelFontStyle = font
	option.CategoryAxis.LabelCount = min(size.labels, len(labels))
	option.ValueAxis = []charts.ValueAxisOption{{LabelFontStyle: font, Min: charts.Ptr(0.0)}}
	option.ValueFormatter = func(value float64) string { return humanize.SIWithDigits(value, 2, "") }
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: fineness * size.Width, Height: fineness * size.Height})
	if err := painter.BarChart(option); err != nil {
		return nil, fmt.Errorf("draw the losses: %w", err)
	}
	return painter.Bytes()
}

// lossChart answers with the chart of a complete selection.
func (s *site) lossChart(w http.ResponseWriter, r *http.Request) {
	asked, err := parseRequest(r.URL.RawQuery, "theme", "size")
	var wrong problems
	if err == nil && (asked.app == 0 || asked.from == nil || asked.to == nil) {
		wrong.add("address", "lacks app, from or to")
	}
	colours, size := lightPalette, wideChart
	switch asked.given["theme"] {
	case "", "light":
	case "dark":
		colours = darkPalette
	default:
		wrong.add("theme", "is neither light nor dark")
	}
	switch asked.given["size"] {
	case "", "wide":
	case "narrow":
		size = narrowChart
	default:
		wrong.add("size", "is neither wide nor narrow")
	}
	if err == nil {
		err = wrong.orNil()
	}
	var table lossTable
	if err == nil {
		table, err = s.readLossTable(r, asked)
	}
	if err != nil {
		s.refuse(w, r, err, form{})
		return
	}
	image, err := drawLoss(table, colours, size)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Security-Policy", chartPolicy)
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(image)
}

func (s *site) readLossTable(r *http.Request, asked request) (table lossTable, err error) {
	err = s.read(r, func(ctx context.Context, tx pgx.Tx) error {
		apps, err := readApps(ctx, tx)
		if err != nil {
			return err
		}
		chosen, err := asked.choose(ctx, tx, apps)
		if err != nil {
			return err
		}
		chosen.From, chosen.To = *asked.from, *asked.to
		losses, err := readLossByPlatform(ctx, tx, chosen)
		table = tableOf(chosen, losses, nil)
		return err
	})
	return table, err
}
