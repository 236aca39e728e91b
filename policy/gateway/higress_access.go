package gateway

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const keyAllowList = higressPrefix + "whitelist-source-range"

// renderAccess: Higress's pilot skips what is no address and, if nothing is left, lets everybody in. So only what it can
// read is rendered, networks in their canonical form, and an empty list is never written as if it closed the route
// (pkg/ingress/kube/annotations/ip_access_control.go).
func renderAccess(a Access) (map[string]string, []finding.Finding) {
	var found []finding.Finding
	kept := make([]string, 0, len(a.AllowCIDRs))
	for i, s := range a.AllowCIDRs {
		item, ok := canonicalAddress(s)
		if !ok {
			found = append(found, cannot("access.allowCIDRs["+strconv.Itoa(i)+"]", finding.Quote(s)+" is neither an address nor a CIDR"))
			continue
		}
		kept = append(kept, item)
	}
	if len(kept) == 0 {
		return nil, append(found, cannot("access.allowCIDRs", "holds no address; Higress cannot close a route to everybody, and lets everybody in without a list"))
	}
	return map[string]string{keyAllowList: strings.Join(kept, ",")}, found
}

func canonicalAddress(s string) (string, bool) {
	if strings.IndexByte(s, '/') < 0 {
		addr, err := netip.ParseAddr(s)
		return s, err == nil && addr.Zone() == ""
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return "", false
	}
	if m := p.Masked(); m != p {
		return m.String(), true
	}
	return s, true
}
