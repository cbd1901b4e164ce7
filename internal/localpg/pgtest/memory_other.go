//go:build !linux

package pgtest

const memoryDir = ""

func roomInMemory() bool { return false }
