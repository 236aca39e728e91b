package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// victim is the server whose Pod is made anew.
const victim = 5

func (d *demo) takeWhileAway(ctx context.Context) error {
	d.title("A rival tries to take a host while its server's Pod is made anew and has no Ingress")
	grab := fmt.Sprintf("--rule="+hostForm+"/*=grab:80", victim)
	err := d.kubectlRefused(rival, []string{heldByFirst(victim)}, "create", "ingress", "grab", "-n", clone.namespace, "--class=higress", grab)
	if err != nil {
		return err
	}
	r, err := d.newRobbery(ctx)
	if err != nil {
		return err
	}
	pod := fmt.Sprintf("%s-%d", first.set, victim)
	if err := d.kubectl(env.Admin, "delete", "pod", pod, "-n", first.namespace, "--wait=false"); err != nil {
		return err
	}
	if err := d.Wait(ctx, "the Ingress of the new Pod", r.tryOnce); err != nil {
		return err
	}
	if r.surprise != nil {
		return r.surprise
	}
	if r.whileAway == 0 {
		return fmt.Errorf("the Ingress of %s was never away, so the rival could not try", pod)
	}
	fmt.Fprintf(d.out, "\n  %s had no Ingress for %s; the rival tried %d times meanwhile and %d times in all, and was refused each time.\n"+
		"  Its own Ingress, made anew and so by the edited policy:\n",
		pod, r.back.Sub(r.away).Round(100*time.Millisecond), r.whileAway, r.tries)
	return d.expect(ctx, first, 12, policyOf(hostForm, "60"), victim)
}

// robbery is a rival's attempts to get an Ingress with the host of the victim.
type robbery struct {
	admin, rival     client.Client
	before           types.UID // of the victim's Ingress
	tries, whileAway int
	away, back       time.Time
	surprise         error // an attempt that was not answered as it should be
}

func (d *demo) newRobbery(ctx context.Context) (*robbery, error) {
	r := &robbery{}
	var err error
	if r.admin, err = d.Client(env.Admin); err != nil {
		return nil, err
	}
	if r.rival, err = d.Client(rival); err != nil {
		return nil, err
	}
	if r.before, err = r.look(ctx); err == nil && r.before == "" {
		err = fmt.Errorf("%s-%d has no Ingress", first.set, victim)
	}
	return r, err
}

// look returns the UID of the victim's Ingress, none where there is none.
func (r *robbery) look(ctx context.Context) (types.UID, error) {
	var ingress networkingv1.Ingress
	err := r.admin.Get(ctx, client.ObjectKey{Namespace: first.namespace, Name: fmt.Sprintf("%s-%d", first.set, victim)}, &ingress)
	return ingress.UID, client.IgnoreNotFound(err)
}

// tryOnce asks for the host, and tells whether there is no need to go on: the victim has it on another Ingress than before,
// or something went wrong.
func (r *robbery) tryOnce(ctx context.Context) (bool, error) {
	now, err := r.look(ctx)
	if err != nil {
		return false, err
	}
	if now == "" && r.away.IsZero() {
		r.away = time.Now()
	}
	if now != "" && now != r.before {
		r.back = time.Now()
		return true, nil
	}
	r.tries++
	if now == "" {
		r.whileAway++
	}
	r.surprise = r.refused(r.rival.Create(ctx, grab()))
	return r.surprise != nil, nil
}

// refused is an error if an attempt was answered with anything else than who has the host.
func (*robbery) refused(err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("the rival got the host of %s-%d", first.set, victim)
	case !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), heldByFirst(victim)):
		return fmt.Errorf("the rival was refused for another reason: %w", err)
	}
	return nil
}

// grab is an Ingress as the rival writes it.
func grab() *networkingv1.Ingress {
	class, prefix := "higress", networkingv1.PathTypePrefix
	backend := networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "grab", Port: networkingv1.ServiceBackendPort{Number: 80}}}
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: clone.namespace, Name: "grab"},
		Spec: networkingv1.IngressSpec{
			IngressClassName: &class,
			Rules: []networkingv1.IngressRule{{
				Host: fmt.Sprintf(hostForm, victim),
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
					Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: &prefix, Backend: backend}},
				}},
			}},
		},
	}
}
