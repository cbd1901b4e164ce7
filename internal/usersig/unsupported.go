//go:build 386 || arm || mips || mipsle

package usersig

// The vendor's library (v1.4.0) has a constant that overflows a 32-bit int: it does not
// compile here. This line fails first, and says so.
var _ = pushloss_needs_a_64_bit_platform_because_the_UserSig_library_does_not_compile_on_32_bits
