package main

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestARivalThatGetsInOrIsToldSomethingElseFailsTheDemo(t *testing.T) {
	t.Parallel()
	ingresses := schema.GroupResource{Group: "networking.k8s.io", Resource: "ingresses"}
	for what, answer := range map[string]error{
		"let in":                          nil,
		"refused for want of rights":      apierrors.NewForbidden(ingresses, "grab", errors.New("no")),
		"refused for another server":      apierrors.NewForbidden(ingresses, "grab", errors.New(heldByFirst(victim+1))),
		"told to try again":               apierrors.NewTooManyRequests(heldByFirst(victim), 1),
		"not answered by us but a holder": errors.New(heldByFirst(victim)),
	} {
		r := &robbery{}
		if err := r.refused(answer); err == nil {
			t.Errorf("%s: the demo goes on", what)
		}
	}
	if err := (&robbery{}).refused(apierrors.NewForbidden(ingresses, "grab", errors.New(heldByFirst(victim)))); err != nil {
		t.Error(err)
	}
}
