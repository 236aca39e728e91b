package env

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// A slice is 1/4064 of the loopback network that belongs to one environment: 127.A.B.0/20 with B a multiple of 16. It is
// the API server's Service range, so that the API server reaches a webhook Service by dialling its ClusterIP, where one of
// our processes listens, without kube-proxy. 4,094 addresses, because OpenKruiseGame makes a Service per game server.
//
// The processes listen on one address of the slice, so their ports are fixed and never collide with other environments.
type slice struct {
	a, b  int
	claim net.Listener
}

const (
	// hostOffset is the address for processes. It lies in the first 256, which the API server leaves to Services that ask
	// for an address, so no other Service is given it.
	hostOffset = 250
	// claimPort is held open as long as the environment lives: the kernel grants it once and frees it on any death.
	claimPort = 17009
	// wildcardPort is the first port given to programs that can listen on all addresses only. Two for each slice, below
	// the ports that the kernel hands out by itself (from 32768).
	wildcardPort = 20000
	wildcards    = 2
)

func claimSlice() (*slice, error) {
	var last error
	for range 100 {
		s := &slice{a: 1 + rand.IntN(254), b: 16 * rand.IntN(16)}
		address := net.JoinHostPort(s.hostIP(), strconv.Itoa(claimPort))
		listener, err := net.Listen("tcp4", address)
		if err != nil {
			last = err
			continue
		}
		s.claim = listener
		return s, nil
	}
	return nil, fmt.Errorf("no loopback network is free: %w", last)
}

func (s *slice) release() {
	if err := s.claim.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		panic(err) // a listener that cannot be closed is a mistake in this file
	}
}

// serviceRange is the API server's --service-cluster-ip-range.
func (s *slice) serviceRange() string { return fmt.Sprintf("127.%d.%d.0/20", s.a, s.b) }

func (s *slice) hostIP() string { return s.address(hostOffset) }

func (s *slice) clusterIP(n int) string {
	if n < 2 || n > 199 {
		panic(fmt.Sprintf("ClusterIP(%d): there are 2 to 199", n))
	}
	return s.address(n)
}

func (s *slice) address(n int) string { return fmt.Sprintf("127.%d.%d.%d", s.a, s.b, n) }

// wildcard returns the n-th port for a program that listens on all addresses: unique to this environment.
func (s *slice) wildcard(n int) int {
	return wildcardPort + wildcards*((s.a-1)*16+s.b/16) + n
}
