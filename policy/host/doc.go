// Package host decides who may have a host. A host belongs to one game server, because a gateway serves a host as a
// whole: a longer path or a header match takes traffic away without being a duplicate. The deed to a host is a HostClaim;
// this package names deeds, says who asks for them and judges whether the asker may rely on one. It reads no clock and no
// cluster: controllers/ledger carries out what it says.
package host
