package http

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"math/big"
	"net"
	"net/netip"
	"time"
)

// certificateLife is how long a certificate is good for: longer than any lab runs.
const certificateLife = 20 * 365 * 24 * time.Hour

// Certificate makes a certificate that a host signs itself, for its name and
// addresses, good from a day before now on. One seed gives one certificate, whose key
// is no secret: it is for labs. Its key is Ed25519 (RFC 8410), whose signatures have
// no randomness and always the same length.
func Certificate(seed uint64, name string, addresses []netip.Addr, now time.Time) (tls.Certificate, error) {
	material := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("thinnet http "+name+" "), seed))
	key := ed25519.NewKeyFromSeed(material[:])
	serial := sha256.Sum256(material[:])
	from := now.UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour)
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:8]),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"thinnet"}},
		NotBefore:    from,
		NotAfter:     from.Add(certificateLife),
		DNSNames:     []string{name},
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:         true, // of itself: a client may trust it as a root

		BasicConstraintsValid: true,
	}
	for _, a := range addresses {
		t.IPAddresses = append(t.IPAddresses, net.IP(a.AsSlice()))
	}
	der, err := x509.CreateCertificate(nil, t, t, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
