package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Life makes an app's figures like those of real users. They have weekdays and grow, some days are
// busy, and sometimes something breaks. Losses are a quarter of those without a Life, days differ
// less, and a restated day has no new code.
type Life struct {
	Weekend   float64   // pushes of a Saturday or Sunday, as a fraction of a weekday's; 0 means as many
	Growth    float64   // of a day over the day before: 0.01 is 1 %
	Since     time.Time // when the app was as large as without growth
	BusyDays  float64   // share of days with two to six times the pushes
	Incidents []Incident
}

// Incident is something that breaks, by which a detector is measured.
type Incident struct {
	Kind     string    `json:"kind"`
	Platform int       `json:"platform"`
	Stage    string    `json:"stage"`
	Code     string    `json:"code"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`    // not included
	Share    float64   `json:"share"` // of the channel's pushes that are lost with the code, besides the usual losses
}

// The kinds of incident.
const (
	ExpiredCertificate = "expired-certificate"
	RevokedKey         = "revoked-key"
	DeadTokens         = "dead-tokens"
	NewVersion         = "new-version"
)

// incidentKind is what an incident of a kind looks like.
type incidentKind struct {
	Incident
	info string
	help string
	// fades says that the share falls to nothing until the end; grows, that it grows on the first
	// day.
	fades, grows bool
}

func incidentKinds() []incidentKind {
	of := func(kind string, platform int, stage, code string, share float64) Incident {
		return Incident{Kind: kind, Platform: platform, Stage: stage, Code: code, Share: share}
	}
	return []incidentKind{
		{Incident: of(ExpiredCertificate, 1, StageReadyToSend, "403", 0.8), info: "ExpiredProviderToken", help: "the certificate of APNs expires: 403"},
		{Incident: of(RevokedKey, 2, StageReadyToSend, "21301", 0.43), info: "authentication failed", help: "the key of Xiaomi is revoked: 21301"},
		{Incident: of(DeadTokens, 1, StagePostSendDelivered, "410", 0.4), info: "Unregistered", help: "a wave of dead tokens of APNs that fades: 410", fades: true},
		{Incident: of(NewVersion, 3, StageReadyToSend, "-2", 0.3), info: "token not uploaded", help: "a new version registers no token of Huawei: -2", grows: true},
	}
}

// IncidentInfos describes the kinds of incident, for --help.
func IncidentInfos() []FaultInfo {
	var infos []FaultInfo
	for _, kind := range incidentKinds() {
		infos = append(infos, FaultInfo{Name: kind.Kind, Syntax: kind.Kind, Help: kind.help})
	}
	return infos
}

// NewIncident returns an incident of the kind; a share of 0 means the kind's default.
func NewIncident(kind string, from, to time.Time, share float64) (Incident, error) {
	kinds := incidentKinds()
	i := slices.IndexFunc(kinds, func(k incidentKind) bool { return k.Kind == kind })
	if i < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Kind)
		}
		return Incident{}, fmt.Errorf("an incident must be one of %s, not %q", strings.Join(names, ", "), kind)
	}
	if !from.Before(to) || !(share >= 0 && share < 1) {
		return Incident{}, fmt.Errorf("incident %s: needs a beginning before its end, and a share from 0 to below 1", kind)
	}
	incident := kinds[i].Incident
	incident.From, incident.To = from, to
	if share > 0 {
		incident.Share = share
	}
	return incident, nil
}

// ParseIncident reads an incident such as "revoked-key:from=2025-03-09,to=2025-03-11,share=0.4".
// Its days are those of a zone. Without to, it lasts one day.
func ParseIncident(spec string, loc *time.Location) (Incident, error) {
	kind, tail, _ := strings.Cut(spec, ":")
	var from, to string
	share := 0.0
	for part := range strings.SplitSeq(tail, ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "from":
			from = value
		case "to":
			to = value
		case "share":
			var err error
			if share, err = strconv.ParseFloat(value, 64); err != nil || !(share > 0 && share < 1) {
				return Incident{}, fmt.Errorf("incident %q: needs a share above 0 and below 1, not %q", spec, value)
			}
		default:
			return Incident{}, fmt.Errorf("incident %q: %q is none of from, to, share", spec, key)
		}
	}
	if from == "" {
		return Incident{}, fmt.Errorf("incident %q needs from=D", spec)
	}
	days, err := readDays(from, cmp.Or(to, from), loc)
	if err != nil {
		return Incident{}, fmt.Errorf("incident %q: %w", spec, err)
	}
	return NewIncident(kind, time.Unix(days.from, 0).In(loc), time.Unix(days.to, 0).In(loc), share)
}

// Incidents returns what really breaks in an app.
func (s *Sandbox) Incidents(app int64) []Incident {
	if life := s.world.lives[app]; life != nil {
		return slices.Clone(life.Incidents)
	}
	return nil
}

// appLife is the Life of an app in a form for fast use.
type appLife struct {
	Life
	key       uint64
	since     int64
	incidents []strike
}

// strike is an Incident and the channel that it affects.
type strike struct {
	incidentKind
	in      span
	channel int // its number in the world
}

const (
	lifeSalt   = 0x11fe
	lifeLosses = 0.25
)

// live sets the lives of apps, and adds to the world the cells that their incidents need.
func (w *world) live(lives map[int64]Life) {
	if len(lives) == 0 {
		return
	}
	w.lives = make(map[int64]*appLife, len(lives))
	for app, given := range lives {
		l := &appLife{Life: given, key: mix(keyOf(w.seed, app, "") ^ lifeSalt), since: given.Since.Unix()}
		if given.Since.IsZero() {
			l.since = 0
		}
		for _, i := range given.Incidents {
			kind := incidentKind{}
			if at := slices.IndexFunc(incidentKinds(), func(k incidentKind) bool { return k.Kind == i.Kind }); at >= 0 {
				kind = incidentKinds()[at]
			}
			kind.Incident = i
			c := slices.IndexFunc(w.channels, func(c channel) bool { return c.platform == i.Platform && c.event == w.offline() })
			l.incidents = append(l.incidents, strike{kind, span{i.From.Unix(), i.To.Unix()}, c})
			w.need(kind)
		}
		w.lives[app] = l
	}
}

// need adds the cells of an incident that the world lacks.
func (w *world) need(kind incidentKind) {
	stage, platform := arrayReady, arrayPlatformReady
	if kind.Stage == StagePostSendDelivered {
		stage, platform = arrayDelivered, arrayPlatformDelivered
	}
	for _, c := range []cell{
		stageCell(stage, kind.Code, kind.info, 0), platformCell(platform, w.offline(), kind.Platform, kind.Code, kind.info, 0),
	} {
		if slices.ContainsFunc(w.cells, func(known cell) bool {
			return known.array == c.array && known.event == c.event && known.platform == c.platform && known.code == c.code
		}) {
			continue
		}
		c.presence = whenIncident
		c.render()
		at := 0 // index after the cells of its array
		for at < len(w.cells) && w.cells[at].array <= c.array {
			at++
		}
		w.cells = slices.Insert(w.cells, at, c)
	}
}

// tide returns how many times their mean the app's pushes are at a second.
func (l *appLife) tide(w *world, second int64) float64 {
	local := floorDiv(second+w.dayOffset, day)
	tide := math.Pow(1+l.Growth, float64(floorDiv(second-l.since, day)))
	if weekday := mod(local+4, 7); l.Weekend > 0 && (weekday == 0 || weekday == 6) {
		tide *= l.Weekend
	}
	if e := mix(l.key ^ uint64(local)*golden); float64(e>>11)/(1<<53) < l.BusyDays {
		tide *= 2 + float64(e&0x3ff)/256
	}
	return tide
}

// pushes scales a number, drawn between 0 and twice its mean, to a fraction of an app's life.
func (l *appLife) pushes(w *world, n int64, mean, part float64, second int64) int64 {
	return int64((0.8*mean + 0.2*float64(n)) * part * l.tide(w, second))
}

// losses does the same for the losses of a cell: a code has better and worse days. What an incident
// takes is lost with no other code.
func (l *appLife) losses(w *world, c *cell, n int64, mean float64, cellKey uint64, second int64) int64 {
	e := mix(cellKey ^ uint64(floorDiv(second+w.dayOffset, day))*golden ^ lifeSalt)
	mood := 0.7 + 0.6*float64(e>>40&0xffff)/0x10000
	if e&0x7f == 0 {
		mood *= 2
	}
	if isPlatformArray(c.array) {
		mood *= 1 - l.struck(w.channelOf(c), second)
	}
	return l.pushes(w, n, mean, mood*lifeLosses, second)
}

// struck returns the fraction of a channel's pushes that incidents take at a second.
func (l *appLife) struck(channel int, second int64) float64 {
	share := 0.0
	for i := range l.incidents {
		if l.incidents[i].channel == channel {
			share += l.incidents[i].share(second)
		}
	}
	return min(share, 0.99)
}

// lost returns how many pushes incidents lose with the code of a cell at a second.
func (l *appLife) lost(w *world, c *cell, v *view, second int64) (n int64) {
	for k := range l.incidents {
		i := &l.incidents[k]
		if share := i.share(second); share > 0 && i.Code == c.code && i.Stage == stageOf(c.array) && (!isPlatformArray(c.array) || i.Platform == c.platform && c.event == w.offline()) {
			// A channel's pushes are twice its scale: see pushed.
			n += int64(share * 2 * float64(w.channelScale(i.channel+1, w.channels[i.channel].scale, v)) * l.tide(w, second))
		}
	}
	return n
}

// share returns the fraction that an incident takes at a second.
func (i *strike) share(second int64) float64 {
	if !i.in.contains(second) {
		return 0
	}
	share := i.Share
	if i.fades {
		share *= 1 - 0.8*float64(second-i.in.from)/float64(i.in.to-i.in.from)
	}
	if i.grows {
		share *= min(1, float64(second-i.in.from)/float64(day))
	}
	return share
}
