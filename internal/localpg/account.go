package localpg

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"
)

// accountNames are tried in this order if root starts a server.
var accountNames = [...]string{"postgres", "nobody"}

// account is the account as which the Postgres programs run. The zero value is the one of this
// process.
type account struct {
	name     string
	uid, gid uint32
	// other says that the programs must run as another account.
	other bool
}

// findAccount returns the account for a new database that root makes.
func findAccount(lookup func(string) (*user.User, error)) (account, error) {
	for _, name := range accountNames {
		u, err := lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr != nil || gidErr != nil || uid == 0 {
			continue
		}
		return account{name: name, uid: uint32(uid), gid: uint32(gid), other: true}, nil
	}
	return account{}, &Error{
		Kind: ErrNoAccount,
		Problem: fmt.Sprintf("Postgres does not run as root, and there is no account %s to run it as",
			strings.Join(accountNames[:], " or ")),
		Remedy: "add one (useradd --system postgres), run pushloss as an ordinary user, or point DATABASE_URL at a server",
	}
}

// ownerAccount returns the account that owns existing data.
func ownerAccount(uid, gid uint32) account {
	a := account{name: "uid " + strconv.FormatUint(uint64(uid), 10), uid: uid, gid: gid, other: true}
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		a.name = u.Username
	}
	return a
}
