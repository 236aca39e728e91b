package chart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// endpointLag is how long after a Pod has become ready, or is being deleted, its node's kube-proxy knows: the time of an
// EndpointSlice and of a sync. Until then new connections go to Pods that have got their SIGTERM already.
const endpointLag = 500 * time.Millisecond

// Roll replaces all managers one by one, as the Deployment's strategy says (maxSurge 1, maxUnavailable 0): a new Pod of the
// template that is stored now; when it is ready an old one is deleted, and while that still ends the next one starts. With
// a manager other than "" the new Pods run that binary. It returns when the last old one has ended.
func (r *Release) Roll(ctx context.Context, manager string) error {
	if r.proxy == nil {
		return errors.New("only several replicas can be rolled")
	}
	var deployment appsv1.Deployment
	if err := r.client.Get(ctx, client.ObjectKey{Namespace: r.Namespace, Name: r.Name}, &deployment); err != nil {
		return err
	}
	options := r.options
	if manager != "" {
		options.Manager = manager
	}
	leaving := &departures{release: r, addresses: map[string]bool{}}
	for _, old := range slices.Clone(r.Replicas) {
		ip, err := leaving.freeAddress(ctx)
		if err != nil {
			return err
		}
		next, err := r.newPod(deployment.Spec.Template.Spec, ip, options)
		if err != nil {
			return err
		}
		if err := next.Start(); err != nil {
			return err
		}
		if err := next.WaitReady(ctx); err != nil {
			next.Kill()
			return err
		}
		r.Replicas = append(slices.DeleteFunc(r.Replicas, func(x *Replica) bool { return x == old }), next)
		leaving.begin(ctx, old, next)
	}
	leaving.group.Wait()
	return errors.Join(leaving.errs...)
}

// WaitTemplate waits until an upgrade has written the Deployment, whose image no longer has the tag before.
func (r *Release) WaitTemplate(ctx context.Context, before string) error {
	return until(ctx, "the upgraded Deployment", func(ctx context.Context) (bool, error) {
		var deployment appsv1.Deployment
		if err := r.client.Get(ctx, client.ObjectKey{Namespace: r.Namespace, Name: r.Name}, &deployment); err != nil {
			return false, err
		}
		return !strings.HasSuffix(deployment.Spec.Template.Spec.Containers[0].Image, ":"+before), nil
	})
}

// departures are the Pods that end.
type departures struct {
	release   *Release
	group     sync.WaitGroup
	mu        sync.Mutex
	addresses map[string]bool
	errs      []error
}

// begin asks a Pod to end, and has the Service know of its successor and of its end a moment later.
func (d *departures) begin(ctx context.Context, old, next *Replica) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addresses[old.IP] = true
	d.group.Go(func() {
		time.Sleep(endpointLag)
		d.release.proxy.swap(old, next)
	})
	d.group.Go(func() {
		err := old.Stop(ctx)
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.addresses, old.IP)
		d.errs = append(d.errs, err)
	})
}

// freeAddress waits until a Pod address is neither a manager's nor that of one that still ends.
func (d *departures) freeAddress(ctx context.Context) (free string, err error) {
	err = until(ctx, "an address for a Pod", func(context.Context) (bool, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, ip := range d.release.options.PodIPs {
			taken := d.addresses[ip] || slices.ContainsFunc(d.release.Replicas, func(r *Replica) bool { return r.IP == ip })
			if !taken {
				free = ip
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		err = fmt.Errorf("%w: PodIPs has %d", err, len(d.release.options.PodIPs))
	}
	return free, err
}
