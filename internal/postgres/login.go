package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// loginHint says what to do if a server answers but starts no session, for a reason other than the
// address, the role or the number of connections. It is empty for other errors.
func loginHint(err error) string {
	refused, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok || refused.Config == nil {
		return ""
	}
	for _, demanded := range []error{pgconn.ErrReadOnlyConnection, pgconn.ErrReadWriteConnection, pgconn.ErrPrimaryConnection, pgconn.ErrStandbyConnection} {
		if errors.Is(err, demanded) {
			return "no server is what target_session_attrs in DATABASE_URL demands: wait for the end of a failover, or correct it (pushloss needs one that takes writes: read-write)"
		}
	}
	if strings.Contains(err.Error(), "server protocol version too low") { // the driver has no error type for it
		return "the server does not speak the version that min_protocol_version demands: leave it out of DATABASE_URL"
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	database, user := pgx.Identifier{refused.Config.Database}.Sanitize(), pgx.Identifier{refused.Config.User}.Sanitize()
	class := said.Code[:min(2, len(said.Code))]
	switch {
	case said.Code == pgerrcode.InsufficientPrivilege && strings.Contains(said.Message, refused.Config.Database):
		return fmt.Sprintf("let the role in: GRANT CONNECT ON DATABASE %s TO %s;", database, user)
	case refused.Config.RuntimeParams["options"] != "" && (class == "22" || class == "42" || said.Code == pgerrcode.CantChangeRuntimeParam):
		return "the server does not take the options of DATABASE_URL (or PGOPTIONS): correct what the error names, or leave it out"
	case said.Code == pgerrcode.ObjectNotInPrerequisiteState && said.Hint != "":
		return said.Hint
	case said.Code == pgerrcode.ObjectNotInPrerequisiteState:
		return fmt.Sprintf("let sessions in, as another database's user: ALTER DATABASE %s ALLOW_CONNECTIONS true;", database)
	case class == "08", class == "25", class == "28", class == "3D", class == "53", class == "57":
		return ""
	}
	return "the server answers, and lets no session begin for the reason that it gives: look at its log (or the pooler's), at the presets of the role and the database (\\drds in psql), and at login triggers"
}
