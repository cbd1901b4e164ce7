package sandbox

// golden is 2^64 divided by the golden ratio: steps of it spread consecutive numbers over the whole range.
const golden = 0x9e3779b97f4a7c15

// chatSalt keeps the chats' figures different from those of any task.
const chatSalt = 0xc4a7

// mix is the finalizer of splitmix64: every bit of x changes about half the bits of the result.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// keyOf returns the key of one task's figures in one app. The empty task means the overall figures.
func keyOf(seed uint64, app int64, task string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(task) {
		h = (h ^ uint64(task[i])) * 1099511628211
	}
	return mix(mix(mix(seed+golden)^uint64(app)) ^ h)
}
