package sandbox

// channel is one possible row of PlatformStatistics.
type channel struct {
	event    int // as in a cell
	platform int
	scale    uint64
	receipts bool // the vendor reports what was delivered
}

// channels are all that a row of losses may have, sorted by their keys. The page's sample has an APNs row of 0 delivered and
// 27 clicked: so APNs counts as a vendor without receipts.
func channels(chats bool) []channel {
	offline := 1
	if chats {
		offline = 0
	}
	list := []channel{
		{offline, 0, 4, true},
		{offline, 1, 150, false},
		{offline, 2, 190, true},
		{offline, 3, 230, true},
		{offline, 4, 160, true},
		{offline, 5, 20, true},
		{offline, 6, 140, true},
		{offline, 7, 150, true},
		{offline, 8, 60, true},
	}
	if chats {
		return append(list, channel{offline, 42, 9, true})
	}
	return append(list, channel{online, 0, 90, true}, channel{9, 42, 9, true})
}

func (c channel) unlisted() bool { return c.platform > 8 }

// pushes are the pushes of one task that no row of losses counts, of all channels together or of
// one.
type pushes struct {
	delivered, clicked int64
	silentReady        int64 // not sent, and no code says why
	silentDelivered    int64 // sent and not delivered, and no code says why
}

const (
	ownScale = 500  // of a task's pushes, all channels together
	pushSalt = 0xb5 // keeps the pushes from following the losses of some cell
)

// pushed sums the pushes of a channel; number 0 means all channels together. It does so as [world.count] sums a cell's
// losses: there are some in every twelfth hour, and what affects the losses of a second affects its pushes as well.
func (w *world) pushed(number int, scale uint64, v *view) (sum pushes) {
	key := w.channelKey(number, v)
	scale = w.channelScale(number, scale, v)
	first := floorDiv(v.in.from, hour)
	phase := int64(key % period)
	for h := first + mod(phase-first, period); h*hour < v.in.to; h += period {
		e := mix(key ^ uint64(h)*golden)
		second := h*hour + int64(e&0xffff)*hour>>16
		if !w.happened(second, v) || w.sparse && v.life == nil && number > 0 && e>>16&7 == 0 {
			continue
		}
		more := mix(e)
		delivered := 1 + int64((e>>32)*scale>>32)
		silentReady, silentDelivered := 1+int64((more>>32)*scale>>32), 1+int64((more&0xffffffff)*scale>>31)
		if v.life != nil {
			left, mean := 1-v.life.struck(number-1, second), float64(scale)/2
			delivered = v.life.pushes(w, delivered, mean, left, second)
			silentReady, silentDelivered = v.life.pushes(w, silentReady, mean, left, second), v.life.pushes(w, silentDelivered, 2*mean, left, second)
		}
		if v.restatedAt(second) {
			delivered += 1 + int64(e>>24&7)
		}
		if v.big && number == 0 {
			delivered += bigExtra
		}
		delivered = v.arrived(delivered, e, second)
		sum.delivered += delivered
		sum.clicked += delivered * int64(e>>8&0xff) >> 9 // less than half
		sum.silentReady += v.arrived(silentReady, e, second)
		sum.silentDelivered += v.arrived(silentDelivered, e, second)
	}
	return sum
}

// channelKey returns the key of a channel's pushes.
func (w *world) channelKey(number int, v *view) uint64 {
	return mix(mix(v.key^pushSalt) + uint64(number)*golden)
}

// channelScale returns how many pushes are delivered in half a day, at most. On average, there are
// twice as many pushes in all.
func (w *world) channelScale(number int, scale uint64, v *view) uint64 {
	scale *= 1 + w.channelKey(number, v)>>32&3
	if v.overall {
		scale *= overallFactor
	}
	return scale
}

// statistics sums a view's window. It takes lost pushes from the rows of losses, so that these explain a part of every gap
// and never more than the gap.
func (w *world) statistics(v *view) Statistics {
	var st Statistics
	st.Counts = w.pushed(0, ownScale, v).counts()
	byChannel := make([]Counts, len(w.channels))
	for i, c := range w.channels {
		if c.unlisted() && !v.unknown {
			continue
		}
		p := w.pushed(i+1, c.scale, v)
		if !c.receipts {
			p.silentDelivered += p.delivered
			p.delivered = 0
		}
		byChannel[i] = p.counts()
	}
	for i := range w.cells {
		n := w.count(i, v)
		if n == 0 {
			continue
		}
		c := &w.cells[i]
		counts := &st.Counts
		if isPlatformArray(c.array) {
			counts = &byChannel[w.channelOf(c)]
		}
		counts.lose(stageOf(c.array), n)
	}
	for i, counts := range byChannel {
		if counts != (Counts{}) {
			st.Platform = append(st.Platform, PlatformCounts{w.channels[i].event, w.channels[i].platform, counts})
		}
	}
	return st
}

// channelOf returns the index of the channel of a row of losses. Each has one.
func (w *world) channelOf(c *cell) int {
	i := 0
	for w.channels[i].event != c.event || w.channels[i].platform != c.platform {
		i++
	}
	return i
}

func (p pushes) counts() Counts {
	sent := p.delivered + p.silentDelivered
	return Counts{Total: sent + p.silentReady, Sent: sent, Delivered: p.delivered, Click: p.clicked}
}

// lose adds pushes that were lost with a code.
func (c *Counts) lose(stage string, n int64) {
	c.Total += n
	if stage == StagePostSendDelivered {
		c.Sent += n
	}
}
