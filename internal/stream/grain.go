package stream

// Grain is what figures are broken down by. The two are separate statistics: neither
// is the sum of the other.
type Grain int8

// The grains.
const (
	ByStage    Grain = 0 // by stage and code
	ByPlatform Grain = 1 // by channel and by whether the device was online, too
)

func (g Grain) String() string {
	if g == ByPlatform {
		return "platform"
	}
	return "stage"
}
