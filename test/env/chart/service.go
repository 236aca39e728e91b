package chart

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// balance does kube-proxy's work for the Service: a new connection to the ClusterIP goes to the next ready replica, and
// connections that stand stay where they are, even when their replica is no longer ready.
func (r *Release) balance(ctx context.Context) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(r.ClusterIP, strconv.Itoa(r.Port)))
	if err != nil {
		cancel()
		return fmt.Errorf("the Service's address: %w", err)
	}
	c, err := r.Replicas[0].pod.container()
	if err != nil {
		cancel()
		return err
	}
	p := &proxy{replicas: slices.Clone(r.Replicas), port: r.Port, ready: slices.Clone(r.Replicas), open: map[net.Conn]bool{}}
	r.proxy = p
	var group sync.WaitGroup
	group.Go(func() { p.probe(ctx, c.ReadinessProbe) })
	group.Go(func() { p.serve(ctx, listener) })
	r.closers = append(r.closers, func() {
		cancel()
		_ = listener.Close()
		p.closeAll()
		group.Wait()
	})
	return nil
}

type proxy struct {
	port int

	mu       sync.Mutex
	replicas []*Replica
	ready    []*Replica
	next     int
	open     map[net.Conn]bool
}

// probe asks as often as the Deployment says, so that a replica that goes is called as long as in a cluster. One that does
// not answer in time is taken out after as many failures as the Deployment says, one that is asked to end at the first.
func (p *proxy) probe(ctx context.Context, readiness *corev1.Probe) {
	ticker := time.NewTicker(time.Duration(readiness.PeriodSeconds) * time.Second)
	defer ticker.Stop()
	failures := map[*Replica]int32{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		p.mu.Lock()
		replicas := slices.Clone(p.replicas)
		p.mu.Unlock()
		for _, replica := range replicas {
			failures[replica]++
			if replica.Ready(ctx) {
				failures[replica] = 0
			}
		}
		p.mu.Lock()
		// One that has come meanwhile is ready, or it would not have been let in.
		p.ready = slices.DeleteFunc(slices.Clone(p.replicas), func(r *Replica) bool {
			return failures[r] >= readiness.FailureThreshold || failures[r] > 0 && r.ending.Load()
		})
		p.mu.Unlock()
	}
}

// swap puts one replica in the place of another.
func (p *proxy) swap(old, next *Replica) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range []*[]*Replica{&p.replicas, &p.ready} {
		*list = append(slices.DeleteFunc(slices.Clone(*list), func(r *Replica) bool { return r == old }), next)
	}
}

func (p *proxy) pick() *Replica {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready) == 0 {
		return nil
	}
	p.next++
	return p.ready[p.next%len(p.ready)]
}

func (p *proxy) serve(ctx context.Context, listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go p.forward(ctx, client)
	}
}

func (p *proxy) forward(ctx context.Context, client net.Conn) {
	defer p.track(client)()
	replica := p.pick()
	if replica == nil {
		return
	}
	server, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(replica.IP, strconv.Itoa(p.port)))
	if err != nil {
		return
	}
	defer p.track(server)()
	done := make(chan struct{}, 2)
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		done <- struct{}{}
	}
	go pipe(server, client)
	go pipe(client, server)
	<-done
}

// track remembers an open connection and returns what closes it.
func (p *proxy) track(c net.Conn) (closer func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = true
	return func() {
		_ = c.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, c)
	}
}

func (p *proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}
