package page

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"pushloss/internal/calendar"
)

// sheet is a table of the page as CSV. Each row begins with what it counts; an empty text there
// means all.
type sheet struct {
	Name    string
	columns func(overview) []string
	rows    func(overview) [][]string
	// most is how many codes and tasks are read. A sheet of either has all, so that it can be added up.
	most rows
}

var keyColumns = []string{"sdk_app_id", "scope", "task_id", "stage", "platform", "err_code", "first_day", "last_day"}

// keysOf returns the cells of keyColumns.
func keysOf(s selection) []string {
	scope := "app"
	if s.Task != "" {
		scope = "task"
	}
	return []string{strconv.FormatInt(s.App.ID, 10), scope, s.Task, s.Stage, s.Platform, s.Code, s.From.String(), s.To.String()}
}

var sheets = [...]sheet{
	{"days", dayColumns, dayRows, shownRows},
	{"stages", stageColumns, stageRows, shownRows},
	{"channels", func(overview) []string { return append([]string{"lost_by_channel", "share"}, rateColumns...) }, channelRows, shownRows},
	{"codes", func(overview) []string {
		return []string{"meaning", "what_to_do", "first_seen", "lost_by_channel", "share", "loss_rate"}
	}, codeRows, rows{sheetRows, shownTasks}},
	{"tasks", taskColumns, taskRows, rows{shownCodes, sheetRows}},
}

// csv answers with what the page of the same query shows, as a sheet. It begins with a byte order
// mark: without it, spreadsheets assume another encoding.
func (s *site) csv(sheet sheet) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, r, sheet.most, func(view overview) {
			chosen := view.Selection
			if view.TasksLate && sheet.Name == "tasks" {
				sayTooLong(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
			w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="pushloss-%d-%s-%s-%s.csv"`,
				chosen.App.ID, sheet.Name, chosen.From, chosen.To))
			_, _ = w.Write([]byte("\uFEFF"))
			writer := csv.NewWriter(w)
			writer.UseCRLF = true
			_ = writer.Write(harmless(append(append([]string{}, keyColumns...), sheet.columns(view)...)))
			for _, row := range sheet.rows(view) {
				_ = writer.Write(harmless(row))
			}
			writer.Flush()
		})
	}
}

// harmless puts an apostrophe before each text that a spreadsheet would run as a formula.
func harmless(row []string) []string {
	for i, text := range row {
		if text == "" || !strings.Contains("=+-@\t\r\n", text[:1]) {
			continue
		}
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			row[i] = "'" + text
		}
	}
	return row
}

// ofStages returns the columns of each stage, in the order of the stages.
func ofStages(view overview, names ...string) (columns []string) {
	for _, stage := range view.Loss.Stages {
		for _, name := range names {
			columns = append(columns, name+"_"+stage.Name)
		}
	}
	return columns
}

func dayColumns(view overview) []string {
	columns := append([]string{"known_days", "final_days", "unsent_days", "lost", "lost_by_channel"}, ofStages(view, "lost", "loss_rate", "gap_rate")...)
	for _, one := range view.Loss.Series {
		columns = append(columns, one.Platform)
	}
	return columns
}

func dayRows(view overview) (rows [][]string) {
	for i, p := range view.Loss.Periods {
		known := func(n float64) string {
			if p.Unknown() {
				return ""
			}
			return number(n)
		}
		of := view.Selection
		of.From, of.To = p.First, p.Last
		row := append(keysOf(of), strconv.Itoa(p.KnownDays), strconv.Itoa(p.SettledDays), strconv.Itoa(p.UnsentDays), known(p.Total.Lost), known(p.ByChannel))
		for _, t := range p.Stages {
			row = append(row, known(t.Lost), fraction(t.Coded, t.CodedOf), fraction(t.Gap, t.GapOf))
		}
		for _, one := range view.Loss.Series {
			row = append(row, known(one.Lost[i]))
		}
		rows = append(rows, row)
	}
	return rows
}

var rateColumns = []string{"pushes", "loss_rate", "gap", "gap_rate"}

// rates returns the cells of rateColumns.
func rates(t tally) []string {
	cells := []string{"", fraction(t.Coded, t.CodedOf), "", fraction(t.Gap, t.GapOf)}
	if t.CodedOf > 0 {
		cells[0] = number(t.CodedOf)
	}
	if t.GapOf > 0 {
		cells[2] = number(t.Gap)
	}
	return cells
}

func stageColumns(overview) []string { return append([]string{"lost"}, rateColumns...) }

func stageRows(view overview) (rows [][]string) {
	for i, t := range view.Loss.All.Stages {
		of := view.Selection
		of.Stage = view.Loss.Stages[i].Name
		lost := number(t.Lost)
		if view.Loss.All.Unknown() {
			lost = ""
		}
		rows = append(rows, append(append(keysOf(of), lost), rates(t)...))
	}
	return rows
}

func channelRows(view overview) (rows [][]string) {
	for _, c := range view.Channels {
		of := view.Selection
		of.Stage, of.Platform = c.Stage, c.Platform
		rows = append(rows, append(append(keysOf(of), number(c.Lost), fraction(c.Lost, view.Loss.All.ByChannel)), rates(c.tally)...))
	}
	return rows
}

func codeRows(view overview) (rows [][]string) {
	for _, c := range view.Codes {
		of := view.Selection
		of.Stage, of.Platform, of.Code = c.Stage, c.Platform, c.Code
		rows = append(rows, append(keysOf(of), c.Meaning, c.WhatToDo, optional(c.Since), number(c.Lost),
			fraction(c.Lost, view.Loss.All.ByChannel), fraction(c.Coded, c.CodedOf)))
	}
	return rows
}

func taskColumns(view overview) []string {
	return append([]string{"label", "lost"}, ofStages(view, "lost", "loss_rate", "gap_rate")...)
}

func taskRows(view overview) (rows [][]string) {
	for _, t := range view.Worst {
		of := view.Selection
		of.Task = t.ID
		row := append(keysOf(of), t.Label, number(t.Lost))
		for _, one := range t.Stages {
			row = append(row, number(one.Lost), fraction(one.Coded, one.CodedOf), fraction(one.Gap, one.GapOf))
		}
		rows = append(rows, row)
	}
	return rows
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// fraction returns part of whole, from 0 to 1; empty if the whole is not known.
func fraction(part, whole float64) string {
	if whole == 0 {
		return ""
	}
	return number(part / whole)
}

func optional(day *calendar.Day) string {
	if day == nil {
		return ""
	}
	return day.String()
}
