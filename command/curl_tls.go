package command

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// curlVerify are OpenSSL's numbers for what is wrong with a certificate.
const (
	curlVerifyOK         = 0
	curlVerifyExpired    = 10
	curlVerifySelfSigned = 18
	curlVerifyUnknown    = 20
)

const curlUntrustedHelp = `
More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the web page mentioned above.`

// secure begins TLS on a connection to host. A lab's hosts trust nobody but whom
// --cacert names.
func (c *curler) secure(ctx context.Context, conn net.Conn, host string) (*tls.Conn, *curlError) {
	roots, failure := c.roots()
	if failure != nil {
		return nil, failure
	}
	config := &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, // it is verified below, where the reason can be told
		NextProtos:         []string{"h2", "http/1.1"},
	}
	offers := "h2,http/1.1"
	switch c.http {
	case curlHTTP11:
		config.NextProtos, offers = []string{"http/1.1"}, "http/1.1"
	case curlHTTP10:
		config.NextProtos, offers = []string{"http/1.0"}, "http/1.0"
	}
	c.note("ALPN: offers %s", offers)
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, c.failure(ctx, ctx.Err(), nil, -1)
		}
		var notTLS tls.RecordHeaderError
		if errors.As(err, &notTLS) {
			return nil, &curlError{code: curlNoHandshake, message: "error:0A00010B:SSL routines::wrong version number"}
		}
		return nil, &curlError{code: curlNoHandshake, message: "OpenSSL SSL_connect: " + curlTLSText(err) + " in connection to " + c.to.server}
	}
	state := secured.ConnectionState()
	c.note("SSL connection using %s / %s", tlsVersion(state.Version), tls.CipherSuiteName(state.CipherSuite))
	if state.NegotiatedProtocol == "" {
		c.note("ALPN: server did not agree on a protocol. Uses default.")
	} else {
		c.note("ALPN: server accepted %s", state.NegotiatedProtocol)
	}
	return secured, c.trust(state.PeerCertificates, roots, host)
}

func curlTLSText(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "SSL_ERROR_SYSCALL"
	}
	return errorText(err)
}

// tlsVersion names a version as OpenSSL does.
func tlsVersion(v uint16) string {
	if v == tls.VersionTLS13 {
		return "TLSv1.3"
	}
	return "TLSv1.2"
}

// roots returns the certificates of --cacert.
func (c *curler) roots() (*x509.CertPool, *curlError) {
	pool := x509.NewCertPool()
	if c.authorities == "" {
		return pool, nil
	}
	bad := &curlError{code: curlBadCA, message: "error setting certificate file: " + c.authorities}
	f, err := c.env.open(c.authorities)
	if err != nil {
		return nil, bad
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil || !pool.AppendCertsFromPEM(text) {
		return nil, bad
	}
	return pool, nil
}

// trust decides whether the certificates are those of host.
func (c *curler) trust(chain []*x509.Certificate, roots *x509.CertPool, host string) *curlError {
	leaf := chain[0]
	c.result.certificates = chain
	const layout = "Jan _2 15:04:05 2006 GMT"
	c.note("Server certificate:")
	c.note(" subject: %s", curlName(leaf.Subject.Organization, leaf.Subject.CommonName))
	c.note(" start date: %s", leaf.NotBefore.UTC().Format(layout))
	c.note(" expire date: %s", leaf.NotAfter.UTC().Format(layout))
	others := x509.NewCertPool()
	for _, o := range chain[1:] {
		others.AddCert(o)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, CurrentTime: time.Now()})
	nameErr := leaf.VerifyHostname(host)
	if !c.insecure && nameErr != nil && err == nil {
		c.note(" subjectAltName does not match %s", host)
		return &curlError{code: curlUntrusted, message: fmt.Sprintf("SSL: no alternative certificate subject name matches target host name '%s'%s", host, curlUntrustedHelp)}
	}
	c.note(" issuer: %s", curlName(leaf.Issuer.Organization, leaf.Issuer.CommonName))
	var why string
	c.result.verify, why = curlVerdict(leaf, err)
	switch {
	case err == nil:
		c.note(" SSL certificate verify ok.")
	case c.insecure:
		c.note(" SSL certificate verify result: %s (%d), continuing anyway.", why, c.result.verify)
	default:
		return &curlError{code: curlUntrusted, message: "SSL certificate problem: " + why + curlUntrustedHelp}
	}
	return nil
}

// curlVerdict says in OpenSSL's words what is wrong with a certificate.
func curlVerdict(leaf *x509.Certificate, err error) (int, string) {
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return curlVerifyOK, "ok"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return curlVerifyExpired, "certificate has expired"
	case string(leaf.RawSubject) == string(leaf.RawIssuer):
		return curlVerifySelfSigned, "self-signed certificate"
	}
	return curlVerifyUnknown, "unable to get local issuer certificate"
}

func curlName(organization []string, name string) string {
	s := ""
	for _, o := range organization {
		s += "O=" + o + "; "
	}
	return s + "CN=" + name
}
