package postgres

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/jackc/pgservicefile"
)

type fileParameter struct{ name, variable string }

// fileParameters are the parameters that name a file, and libpq's variables for them.
var fileParameters = []fileParameter{
	serviceFile, {"passfile", "PGPASSFILE"},
	{"sslrootcert", "PGSSLROOTCERT"}, {"sslcert", "PGSSLCERT"}, {"sslkey", "PGSSLKEY"},
}

var serviceFile = fileParameter{"servicefile", "PGSERVICEFILE"}

// systemRoots is the one value of sslrootcert that is not a file.
const systemRoots = "system"

// judgeFiles refuses files that the driver would ignore, or refuse without naming them. No error
// repeats a path, which may be a part of a password.
func (s *settings) judgeFiles() error {
	service, err := s.readService()
	if err != nil {
		return err
	}
	contents := make(map[string][]byte)
	for _, parameter := range fileParameters {
		path, shown := s.fileOf(parameter, service)
		if path == "" || parameter.name == "sslrootcert" && path == systemRoots {
			continue
		}
		content, err := readRegular(path)
		if err != nil {
			return unreadable(shown, err)
		}
		contents[parameter.name] = content
	}
	if roots, given := contents["sslrootcert"]; given && !x509.NewCertPool().AppendCertsFromPEM(roots) {
		return &URLError{"has an sslrootcert whose file holds no certificate", "give a file of certificates in PEM (-----BEGIN CERTIFICATE-----), or sslrootcert=system"}
	}
	cert, hasCert := contents["sslcert"]
	key, hasKey := contents["sslkey"]
	switch {
	case hasCert != hasKey:
		return &URLError{"has only one of sslcert and sslkey", "give both, or none"}
	case !hasCert:
		return nil
	}
	block, _ := pem.Decode(key)
	switch {
	case block == nil:
		return &URLError{"has an sslkey whose file holds no key", "give a file in PEM (-----BEGIN PRIVATE KEY-----)"}
	case block.Headers["DEK-Info"] != "": // encrypted in the old form (RFC 1423), which the driver can read
		if cmp.Or(s.values["sslpassword"], service.values["sslpassword"], os.Getenv("PGSSLPASSWORD")) == "" {
			return &URLError{"has an sslkey that is encrypted, and no sslpassword", "give it, or a key without a password"}
		}
	default:
		if _, err := tls.X509KeyPair(cert, key); err != nil {
			return &URLError{"has an sslcert and an sslkey that cannot be used together", "give a certificate and its key, both in PEM, the key without a password"}
		}
	}
	return nil
}

// readRegular reads a file that the driver reads again later, so it must not be a pipe.
func readRegular(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is a pipe, not a regular file")}
	}
	return os.ReadFile(path)
}

func unreadable(parameter string, err error) error {
	why := "it cannot be read"
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		why = pathErr.Err.Error()
	}
	return &URLError{"has the parameter " + parameter + ", whose file cannot be read (" + why + ")",
		"correct the path; a relative one starts where pushloss was started"}
}

// ofService marks what the section of a service says.
const ofService = " (in its service)"

// fileOf returns the path that counts, and what names it.
func (s *settings) fileOf(p fileParameter, service settings) (path, shown string) {
	switch {
	case s.values[p.name] != "":
		return s.values[p.name], p.name
	case service.values[p.name] != "":
		return service.values[p.name], p.name + ofService
	}
	return os.Getenv(p.variable), p.name + " (" + p.variable + ")"
}

// readService returns the parameters of the service that the connection string or PGSERVICE names. The
// driver reads the user's file or a named one, but not the machine's.
func (s *settings) readService() (service settings, err error) {
	service = settings{values: map[string]string{}, plain: true}
	name, given := s.values["service"]
	if given && name == "" {
		return service, &URLError{"has an empty service", "name a service of the service file, or leave it out"}
	}
	if name = cmp.Or(name, os.Getenv("PGSERVICE")); name == "" {
		if s.values["servicefile"] != "" {
			return service, &URLError{"has the parameter servicefile, but names no service", "add service=NAME, or leave it out"}
		}
		return service, nil
	}
	content, err := s.readServiceFile()
	if err != nil {
		return service, err
	}
	file, err := pgservicefile.ParseServicefile(bytes.NewReader(content))
	if err != nil { // its text has the number of a line at most
		return service, &URLError{"names a service, and the service file cannot be parsed (" + err.Error() + ")", "write [NAME] on one line, and name=value on each line below it"}
	}
	section, err := file.GetService(name)
	if err != nil {
		return service, &URLError{"names a service that the service file does not have", "add a section with its name in [ ], and lines of name=value below it"}
	}
	for _, name := range slices.Sorted(maps.Keys(section.Settings)) {
		if err := service.add(name, section.Settings[name]); err != nil {
			return service, err
		}
	}
	if refusal, ok := errors.AsType[*URLError](service.judge()); ok {
		return service, &URLError{refusal.Problem + ofService, refusal.Remedy}
	}
	return service, nil
}

func (s *settings) readServiceFile() ([]byte, error) {
	if path, shown := s.fileOf(serviceFile, settings{}); path != "" {
		content, err := readRegular(path)
		if err != nil {
			return nil, unreadable(shown, err)
		}
		return content, nil
	}
	home, err := os.UserHomeDir()
	if err == nil {
		var content []byte
		if content, err = readRegular(filepath.Join(home, ".pg_service.conf")); err == nil {
			return content, nil
		}
	}
	return nil, &URLError{"names a service, but no service file can be read", "write it as .pg_service.conf in the home folder, or name it: servicefile=FILE or PGSERVICEFILE"}
}
