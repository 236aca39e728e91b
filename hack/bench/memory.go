package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// wantMiB is the target for the resident memory of a manager, wantReady that for the time from its start to ready.
	wantMiB   = 200
	wantReady = 5.0
	// starts is how often the manager is started; the longest start counts.
	starts = 3
	// updates are sent to it after each start.
	updates = 1000
)

// memory reads what the manager takes in the full cluster, now and at its highest since it started, and starts it anew
// there, where it reads everything at once.
func (b *bench) memory(ctx context.Context) error {
	fmt.Printf("\nOne replica, the leader, with %d Ingresses, claims and Pods, %d GameServerSets and %d GamePolicies\n", b.servers, rooms(b.servers), b.policies)
	fmt.Printf("    %-42s %10s %10s\n", "resident MiB", "now", "highest")
	highest, slowest := 0.0, time.Duration(0)
	read := func(when string) error {
		is, err := b.resident()
		highest = max(highest, is.highest)
		fmt.Printf("    %-42s %10.1f %10.1f\n", when, is.now, is.highest)
		return err
	}
	if err := read("after all that was measured"); err != nil {
		return err
	}
	replica := b.Release.Replicas[0]
	for range starts {
		if err := replica.Stop(ctx); err != nil {
			return err
		}
		begin := time.Now()
		if err := replica.Start(); err != nil {
			return err
		}
		if err := replica.WaitReady(ctx); err != nil {
			return err
		}
		took := time.Since(begin)
		slowest = max(slowest, took)
		if err := b.settle(ctx, b.servers); err != nil { // it leads, and knows all Pods
			return err
		}
		if err := read(fmt.Sprintf("ready after %.2f s, leading after %.2f s", took.Seconds(), time.Since(begin).Seconds())); err != nil {
			return err
		}
		if err := b.load(ctx); err != nil {
			return err
		}
		if err := read(fmt.Sprintf("and after %d updates and edits of sets", min(updates, b.servers))); err != nil {
			return err
		}
	}
	fmt.Printf("    highest of all: %s MiB; slowest start to ready: %s s\n", judged(highest, wantMiB), judged(slowest.Seconds(), wantReady))
	return nil
}

// load updates Ingresses as OpenKruiseGame does, and edits sets.
func (b *bench) load(ctx context.Context) error {
	if err := inParallel(min(updates, b.servers), func(i int) error {
		set, id := room(i)
		return b.client.Update(ctx, b.ingress(set, id))
	}); err != nil {
		return err
	}
	return inParallel(rooms(b.servers), func(i int) error {
		set, _ := room(i * serversPerRoom)
		edited := set.object()
		edited.SetLabels(map[string]string{"tier": "live", "example.com/game": set.name, "release": "next"})
		return b.admin.Patch(ctx, edited, client.MergeFrom(set.object()))
	})
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
