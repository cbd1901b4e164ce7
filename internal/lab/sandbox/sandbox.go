package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultAdmin is the administrator of an app that names none.
const DefaultAdmin = "administrator"

// App is one app that the sandbox serves.
type App struct {
	SDKAppID  int64
	SecretKey string
	Admins    []string // identifiers that may call; none: DefaultAdmin
}

// String leaves the key out.
func (a App) String() string { return fmt.Sprintf("app %d", a.SDKAppID) }

// GoString leaves the key out.
func (a App) GoString() string { return a.String() }

// LogValue leaves the key out.
func (a App) LogValue() slog.Value { return slog.Int64Value(a.SDKAppID) }

// Config says what to imitate. Only Apps is required.
type Config struct {
	Apps []App
	Seed uint64

	// Rows is exactly how many rows of losses a task (and the chats) has on a full day, in the four
	// arrays together. 0 means at most 24, which come and go.
	Rows int
	// QuietDays is the share (0 to 1) of a task's days without any loss.
	QuietDays float64
	// TaskStarts says that a task has no losses before the start that its ID gives: on the push pages, the first part of
	// an ID is the start in hexadecimal Unix seconds.
	TaskStarts bool
	// ActiveDays, with TaskStarts, is the greatest number of days after its start on which a task
	// has losses. Each task has its own number, from 1 on. 0 means no limit.
	ActiveDays int

	// Lives are the lives of apps, by SDKAppID. An app need not have one.
	Lives map[int64]Life

	// Scheduled says how the list of scheduled pushes behaves.
	Scheduled Scheduled

	// CallsPerSecond is the rate the API allows an app, all streams together; its pages say 1. 0 means no limit.
	CallsPerSecond float64
	Faults         []Fault

	// Now is the sandbox's clock: for UserSigs, the future and late figures. nil means time.Now. The pace always uses the
	// real clock.
	Now func() time.Time
	// Location is the zone of the days of faults; nil means UTC+8.
	Location *time.Location
	// RecordCalls keeps every call for Calls, without limit.
	RecordCalls bool
	// RecordAnswers keeps every accepted call with its answer's digest for Answers, without limit.
	RecordAnswers bool
	// Log gets one debug line per call, without query. nil discards.
	Log *slog.Logger
}

// Sandbox is the stand-in. It is safe for concurrent use.
type Sandbox struct {
	world world // the pushes to all or tagged users
	chats world // the pushes that come with chat messages
	apps  map[int64]*appState

	scheduled Scheduled
	streams   map[string]*stream // by path
	now       func() time.Time
	arrival   func() time.Duration // monotonic
	location  *time.Location
	log       *slog.Logger
	faults    atomic.Pointer[faultSet]
	strays    atomic.Int64
	followed  atomic.Int64
	buffers   buffers

	recording bool
	callsMu   sync.Mutex
	calls     []Call

	recordingAnswers bool
	answersMu        sync.Mutex
	answers          []Answer
}

type appState struct {
	secretKey string
	admins    map[string]bool
	pace      pace
	verdict   atomic.Pointer[verdict]
	counters
}

// New makes a sandbox. The error names every wrong setting.
func New(cfg Config) (*Sandbox, error) {
	s := &Sandbox{
		apps: map[int64]*appState{}, streams: map[string]*stream{}, now: cfg.Now, location: cfg.Location, log: cfg.Log, recording: cfg.RecordCalls,
		scheduled:        cfg.Scheduled,
		recordingAnswers: cfg.RecordAnswers,
	}
	for _, st := range streams() {
		s.streams[st.path] = st
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.location == nil {
		s.location = time.FixedZone("UTC+8", 8*60*60)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	began := time.Now()
	s.arrival = func() time.Duration { return time.Since(began) }

	var problems []error
	if cfg.Rows < 0 || cfg.Rows > maxRows {
		problems = append(problems, fmt.Errorf("rows must be 0 to %d, not %d", maxRows, cfg.Rows))
	}
	if !(cfg.QuietDays >= 0 && cfg.QuietDays <= 1) {
		problems = append(problems, fmt.Errorf("quiet days must be a share from 0 to 1, not %v", cfg.QuietDays))
	}
	if !(cfg.CallsPerSecond >= 0) {
		problems = append(problems, fmt.Errorf("calls per second must not be negative, but are %v", cfg.CallsPerSecond))
	}
	for app, life := range cfg.Lives {
		if !(life.Weekend >= 0 && life.Weekend <= 10 && life.Growth > -1 && life.Growth <= 1 && life.BusyDays >= 0 && life.BusyDays <= 1) {
			problems = append(problems, fmt.Errorf("app %d cannot live so: a weekend is 0 to 10 times a weekday, growth above -1 and up to 1, busy days 0 to 1", app))
		}
	}
	problems = append(problems, s.addApps(cfg)...)
	if err := s.SetFaults(cfg.Faults); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("sandbox: %w", errors.Join(problems...))
	}

	_, offset := time.Date(2025, 1, 1, 0, 0, 0, 0, s.location).Zone()
	s.world = newWorld(cfg, false, int64(offset))
	s.chats = newWorld(cfg, true, int64(offset))
	return s, nil
}

func newWorld(cfg Config, chats bool, dayOffset int64) world {
	w := world{
		seed: cfg.Seed, cells: catalogue(cmp.Or(cfg.Rows, defaultRows), chats), channels: channels(chats), sparse: cfg.Rows == 0,
		quiet: cfg.QuietDays, dayOffset: dayOffset, taskStarts: cfg.TaskStarts, activeDays: uint64(max(0, cfg.ActiveDays)), chats: chats,
	}
	if chats {
		w.seed = mix(cfg.Seed ^ chatSalt)
	}
	w.live(cfg.Lives)
	w.bigCell = slices.IndexFunc(w.cells, func(c cell) bool { return c.presence == always })
	return w
}

func (s *Sandbox) addApps(cfg Config) (problems []error) {
	if len(cfg.Apps) == 0 {
		problems = append(problems, errors.New("no app to serve"))
	}
	var interval time.Duration
	if cfg.CallsPerSecond > 0 {
		interval = time.Duration(float64(time.Second) / cfg.CallsPerSecond)
	}
	for _, a := range cfg.Apps {
		switch {
		case a.SDKAppID <= 0:
			problems = append(problems, fmt.Errorf("an SDKAppID must be positive, not %d", a.SDKAppID))
		case a.SecretKey == "":
			problems = append(problems, fmt.Errorf("app %d has no secret key", a.SDKAppID))
		case s.apps[a.SDKAppID] != nil:
			problems = append(problems, fmt.Errorf("app %d occurs twice", a.SDKAppID))
		}
		state := &appState{
			secretKey: a.SecretKey, admins: map[string]bool{}, pace: pace{interval: interval},
			counters: counters{refused: map[int]int64{}, faulted: map[string]int64{}},
		}
		for _, admin := range a.Admins {
			state.admins[admin] = true
		}
		if len(a.Admins) == 0 {
			state.admins[DefaultAdmin] = true
		}
		s.apps[a.SDKAppID] = state
	}
	return problems
}

// SetFaults replaces all faults, at any time. Their counts of calls start again. If one is wrong, SetFaults returns an
// error and changes nothing.
func (s *Sandbox) SetFaults(faults []Fault) error {
	set, err := compileFaults(faults, s.location)
	if err != nil {
		return err
	}
	s.faults.Store(set)
	return nil
}
