// Go's go-tdx-guest as a filter: reads lines "QUOTE COLLATERAL SECONDS ROOT" (paths; ROOT is a DER file or "-" for
// Intel's, which is read from tests/data) and writes one JSON object for each: {"status":…} or {"error":…}. The package has no status but UpToDate; the
// one that it names in its error is taken from there.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-tdx-guest/validate"
	"github.com/google/go-tdx-guest/verify"
)

type collateral struct {
	PckCrl                string `json:"pck_crl"`
	PckCrlIssuerChain     string `json:"pck_crl_issuer_chain"`
	RootCaCrl             string `json:"root_ca_crl"`
	TcbInfo               string `json:"tcb_info"`
	TcbInfoSignature      string `json:"tcb_info_signature"`
	TcbInfoIssuerChain    string `json:"tcb_info_issuer_chain"`
	QeIdentity            string `json:"qe_identity"`
	QeIdentitySignature   string `json:"qe_identity_signature"`
	QeIdentityIssuerChain string `json:"qe_identity_issuer_chain"`
}

// The package fetches for itself; it is given what Intel's service would have answered.
func (c *collateral) Get(address string) (map[string][]string, []byte, error) {
	chain := func(header, pem string) map[string][]string {
		return map[string][]string{header: {url.QueryEscape(strings.TrimRight(pem, "\x00"))}}
	}
	document := func(name, text, signature string) []byte {
		return []byte(fmt.Sprintf(`{%q:%s,"signature":%q}`, name, text, signature))
	}
	switch {
	case strings.Contains(address, "/tcb?"):
		return chain("Tcb-Info-Issuer-Chain", c.TcbInfoIssuerChain), document("tcbInfo", c.TcbInfo, c.TcbInfoSignature), nil
	case strings.Contains(address, "/qe/identity"):
		return chain("Sgx-Enclave-Identity-Issuer-Chain", c.QeIdentityIssuerChain),
			document("enclaveIdentity", c.QeIdentity, c.QeIdentitySignature), nil
	case strings.Contains(address, "/pckcrl?"):
		list, err := hex.DecodeString(c.PckCrl)
		return chain("Sgx-Pck-Crl-Issuer-Chain", c.PckCrlIssuerChain), list, err
	case strings.HasSuffix(address, ".der"):
		list, err := hex.DecodeString(c.RootCaCrl)
		return nil, list, err
	default:
		return nil, nil, errors.New("nothing at " + address)
	}
}

const intelRoot = "tests/data/attestation/roots/intel/TrustedRootCA.der"

func roots(path string) (*x509.CertPool, error) {
	if path == "-" {
		path = intelRoot // the package's own copy is the same, but a warning on standard output comes with it
	}
	der, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, nil
}

func judge(words []string) error {
	quote, err := os.ReadFile(words[0])
	if err != nil {
		return err
	}
	text, err := os.ReadFile(words[1])
	if err != nil {
		return err
	}
	var answers collateral
	if err := json.Unmarshal(text, &answers); err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil {
		return err
	}
	pool, err := roots(words[3])
	if err != nil {
		return err
	}
	if err := verify.RawTdxQuote(quote, &verify.Options{
		CheckRevocations: true, GetCollateral: true, Getter: &answers, Now: time.Unix(seconds, 0), TrustedRoots: pool,
	}); err != nil {
		return err
	}
	return validate.RawTdxQuote(quote, &validate.Options{})
}

var foundStatus = regexp.MustCompile(`TCB Status is not "UpToDate", found "(\w+)"`)

func answer(words []string) map[string]string {
	err := judge(words)
	if err == nil {
		return map[string]string{"status": "UpToDate"}
	}
	if found := foundStatus.FindStringSubmatch(err.Error()); found != nil {
		return map[string]string{"status": found[1]}
	}
	return map[string]string{"error": err.Error()}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(answer(strings.Split(lines.Text(), " "))); err != nil {
			panic(err)
		}
	}
}
