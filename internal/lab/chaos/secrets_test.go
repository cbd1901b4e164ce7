package chaos

import (
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// signature matches a UserSig: compressed JSON in base64.
var signature = regexp.MustCompile(`eJ[wyx][A-Za-z0-9*_-]{60,}`)

// leakedSecrets looks for credentials in the logs, the tables and the archive.
func (s *storm) leakedSecrets(a archive) (problems differences) {
	secrets := []string{secretKey, databasePassword, proxyPassword}
	for sig := range s.w.userSigs {
		secrets = append(secrets, sig)
	}
	look := func(where, text string) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				problems.add("%s show %s…", where, secret[:8])
			}
		}
		if found := signature.FindString(text); found != "" {
			problems.add("%s show what looks like a UserSig: %s…", where, found[:8])
		}
	}
	for _, p := range s.processes {
		look("the logs of "+strings.Join(p.cmd.Args[1:], " "), p.said.String())
	}
	for _, body := range a.bodies {
		look("the archived answers", string(body))
	}
	type name struct{ Schema, Table string }
	for _, table := range query[name](s.w, `
		SELECT schemaname::text, tablename::text FROM pg_tables WHERE schemaname IN ('pushloss', 'analytics') AND tablename <> 'raw_body'`) {
		from := pgx.Identifier{table.Schema, table.Table}.Sanitize()
		type row struct{ Text string }
		var text strings.Builder
		for _, r := range query[row](s.w, `SELECT t::text FROM `+from+` AS t`) {
			text.WriteString(r.Text + "\n")
		}
		look("the rows of "+from, text.String())
	}
	return problems
}
