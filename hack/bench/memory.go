package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// wantMiB is the target for the resident memory of a manager.
const wantMiB = 150

// clients send at the same time while the cluster is filled.
const clients = 8

// memory fills the cluster and reads what the manager takes: at rest, and at its highest since it started.
func (b *bench) memory(ctx context.Context) error {
	fmt.Printf("Memory with %d Ingresses, %d GameServerSets and %d GamePolicies\n", b.ingresses, b.sets, b.policies)
	before, err := b.resident()
	if err != nil {
		return err
	}
	begin := time.Now()
	present := b.rounds * b.requests
	if err := inParallel(b.ingresses-present, func(i int) error {
		return b.client.Create(ctx, b.gameIngress(governed, firstID+maxServers+i))
	}); err != nil {
		return err
	}
	took := time.Since(begin)
	fmt.Printf("  %d Ingresses created by %d clients at %.0f per second\n", b.ingresses-present, clients, float64(b.ingresses-present)/took.Seconds())
	admin, err := b.Client(env.Admin)
	if err != nil {
		return err
	}
	if err := inParallel(b.sets, func(i int) error { return admin.Create(ctx, gameServerSet(governed, fmt.Sprintf("set-%d", i))) }); err != nil {
		return err
	}
	filled, err := b.resident()
	if err != nil {
		return err
	}
	// A manager that starts in a full cluster reads all of it at once.
	if err := b.Release.Replicas[0].Stop(ctx); err != nil {
		return err
	}
	if err := b.Release.Replicas[0].Start(); err != nil {
		return err
	}
	if err := b.Release.Replicas[0].WaitReady(ctx); err != nil {
		return err
	}
	if err := inParallel(1000, func(i int) error {
		ing := b.gameIngress(governed, firstID+i%present)
		return b.client.Update(ctx, ing)
	}); err != nil {
		return err
	}
	restarted, err := b.resident()
	if err != nil {
		return err
	}
	fmt.Printf("  %-40s %10s %10s\n", "resident MiB", "now", "highest")
	for _, row := range []struct {
		name string
		is   residentSet
	}{{"after the latency rounds", before}, {"after filling the cluster", filled}, {"restarted, after 1,000 updates", restarted}} {
		fmt.Printf("  %-40s %10.1f %10.1f\n", row.name, row.is.now, row.is.highest)
	}
	fmt.Printf("  highest of all: %s MiB\n", judged(max(filled.highest, restarted.highest), wantMiB))
	return nil
}

// residentSet is in MiB.
type residentSet struct{ now, highest float64 }

func (b *bench) resident() (residentSet, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.Release.Replicas[0].PID()))
	if err != nil {
		return residentSet{}, err
	}
	read := map[string]float64{}
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		if kib, is := strings.CutSuffix(strings.TrimSpace(rest), " kB"); is {
			n, err := strconv.ParseFloat(kib, 64)
			if err != nil {
				return residentSet{}, err
			}
			read[name] = n / 1024
		}
	}
	return residentSet{now: read["VmRSS"], highest: read["VmHWM"]}, nil
}

// inParallel calls do for 0 to n-1 from several goroutines and returns the first error.
func inParallel(n int, do func(int) error) error {
	var group sync.WaitGroup
	errs := make(chan error, clients)
	for client := range clients {
		group.Go(func() {
			for i := client; i < n; i += clients {
				if err := do(i); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(errs)
	return <-errs
}

// gameServerSet is as large as a real one: most of it is a pod template, which the manager does not keep.
func gameServerSet(namespace, name string) *unstructured.Unstructured {
	variables := make([]any, 40)
	for n := range variables {
		variables[n] = map[string]any{"name": fmt.Sprintf("GAME_SETTING_%d", n), "value": strings.Repeat("x", 40)}
	}
	set := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "game.kruise.io/v1alpha1", "kind": "GameServerSet",
		"spec": map[string]any{
			"replicas": int64(10),
			"network": map[string]any{"networkType": "Kubernetes-Ingress", "networkConf": []any{
				map[string]any{"name": "IngressClassName", "value": "higress"},
				map[string]any{"name": "Host", "value": "game<id>." + name + ".example.com"},
				map[string]any{"name": "Path", "value": "/"},
				map[string]any{"name": "PathType", "value": "Prefix"},
				map[string]any{"name": "Port", "value": "5000"},
			}},
			"gameServerTemplate": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{
				"name": "game", "image": "registry.example.com/game:1", "env": variables,
			}}}},
		},
	}}
	set.SetNamespace(namespace)
	set.SetName(name)
	set.SetLabels(map[string]string{"tier": "live", "example.com/game": name})
	return set
}
