package notify

import (
	"cmp"
	"strings"

	"pushloss/internal/calendar"
	"pushloss/internal/language"
	"pushloss/load"
)

// ofJump judges whether a loss stands out.
func (w Words) ofJump(j load.Jump) Verdict {
	lost, usual, what := j.Lost(), j.UsualText(), "jump.count"
	if j.Share != nil {
		what = "jump.share"
	}
	name, cause, help := j.Name, j.LikelyCause, j.WhatToDo
	if w.Language == language.Chinese { // the catalogue has no causes in Chinese, and the percent sign follows the number directly
		name, cause, help = j.MeaningZh, "", j.WhatToDoZh
		lost, usual = strings.ReplaceAll(lost, " %", "%"), strings.ReplaceAll(usual, " %", "%")
	}
	headline := w.Text(what, lost, j.Platform, j.ErrCode)
	detail := w.Text("jump.day", w.day(j.Worst), headline)
	if j.First < j.Worst {
		detail = w.Text("jump.since", w.day(j.First), detail)
	}
	if name != "" {
		detail += w.Text("jump.name", name)
	}
	if times := j.Times(); times != "" {
		detail += w.Text("jump.times", times, usual)
	} else {
		detail += w.Text("jump.never")
	}
	if cause != "" {
		detail += w.Text("jump.cause", cause)
	}
	return Verdict{
		AlertKey: AlertKey{Kind: KindJump, SDKAppID: j.SDKAppID, Cause: j.Cause},
		Wrong:    j.Open,
		Title:    w.Text("jump.title", id(j.SDKAppID), headline),
		Detail:   detail,
		Hint:     w.Text("jump.hint", cmp.Or(help, w.Text("jump.unknown"))),
	}
}

func (w Words) day(day calendar.Day) string { return w.Time("date.layout", day.UTC()) }
