package api_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/schema"
	"github.com/gatehouse-dev/gatehouse/policy/schema/cases"
)

var kinds = map[cases.Kind]string{cases.GamePolicy: "GamePolicy", cases.HostClaim: "HostClaim"}

// The table says of every rule and bound what the API server accepts and refuses, word for word; a test beside the
// table sees to it that none is missing.
func TestTheAPIServerAnswersAsTheTableSays(t *testing.T) {
	for folder, kind := range kinds {
		all, err := cases.Load(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			t.Run(kind+"/"+c.Name, func(t *testing.T) {
				answer, err := send(t, kind, c)
				got := refusals(t, err)
				if diff := cmp.Diff(slices.Sorted(slices.Values(c.Want)), got); diff != "" {
					t.Errorf("%s: refusals (-want +got):\n%s", c.File, diff)
				}
				if err == nil {
					survivesGo(t, kind, answer)
				}
			})
		}
	}
}

// send does what the case is about, dry, and returns what the API server would have stored.
func send(t *testing.T, kind string, c cases.Case) (*unstructured.Unstructured, error) {
	t.Helper()
	ctx, gvk := t.Context(), v1alpha1.GroupVersion.WithKind(kind)
	strict := client.FieldValidation(metav1.FieldValidationStrict)
	obj := &unstructured.Unstructured{Object: c.Object(gvk.GroupVersion().String(), kind)}
	if c.Created() {
		return obj, admin.Create(ctx, obj, client.DryRunAll, strict)
	}
	stored := obj.DeepCopy()
	if c.Old != nil {
		stored.Object["spec"] = runtime.DeepCopyJSON(c.Old)
	}
	if err := admin.Create(ctx, stored, strict); err != nil {
		t.Fatalf("the object to update: %v", err)
	}
	defer func() {
		if err := admin.Delete(ctx, stored); err != nil {
			t.Errorf("clean up: %v", err)
		}
	}()
	obj.SetResourceVersion(stored.GetResourceVersion())
	if c.Status == nil {
		return obj, admin.Update(ctx, obj, client.DryRunAll, strict)
	}
	obj.Object["status"] = runtime.DeepCopyJSON(c.Status)
	return obj, admin.Status().Update(ctx, obj, client.DryRunAll, strict)
}

// refusals are the causes of an answer as "field: message".
func refusals(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) {
		t.Fatalf("refused, but not as invalid: %v", err)
	}
	var list []string
	for _, cause := range status.Status().Details.Causes {
		list = append(list, cause.Field+": "+cause.Message)
	}
	slices.Sort(list)
	return list
}

// survivesGo holds that an accepted object can be decoded into the Go types without losing anything, that encoding it
// again gives something that the CRD accepts too, and that this is stable. An object for which that fails would break
// every informer.
func survivesGo(t *testing.T, kind string, answer *unstructured.Unstructured) {
	t.Helper()
	typed, again := newObject(t, kind), newObject(t, kind)
	converter := runtime.DefaultUnstructuredConverter
	if err := converter.FromUnstructuredWithValidation(answer.Object, typed, true); err != nil {
		t.Fatalf("cannot be decoded: %v", err)
	}
	encoded, err := converter.ToUnstructured(typed)
	if err != nil {
		t.Fatalf("cannot be encoded: %v", err)
	}
	if kind == "GamePolicy" {
		for _, f := range schema.ValidateGamePolicy(encoded) {
			t.Errorf("encoded again, it is refused: %s", f)
		}
	}
	if err := converter.FromUnstructuredWithValidation(encoded, again, true); err != nil {
		t.Fatalf("encoded again, it cannot be decoded: %v", err)
	}
	if diff := cmp.Diff(typed, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("encoded again, it differs:\n%s", diff)
	}
}

func newObject(t *testing.T, kind string) runtime.Object {
	t.Helper()
	obj, err := admin.Scheme().New(v1alpha1.GroupVersion.WithKind(kind))
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// A decoder that fails makes the informer of every replica fail, so what the schema lets through must be what Go reads.
func TestDurationsThatOnlyTheFormatWouldAllowAreRefused(t *testing.T) {
	for _, duration := range []string{"1d", "1 day", "1w", "P1D", "1h 30m"} {
		obj := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": v1alpha1.GroupVersion.String(), "kind": "GamePolicy", "metadata": map[string]any{"name": "duration"},
			"spec": map[string]any{"defaults": map[string]any{"requestTimeout": duration}},
		}}
		err := admin.Create(t.Context(), obj, client.DryRunAll)
		if err == nil || !strings.Contains(err.Error(), "must be whole seconds from 1s to 24h") {
			t.Errorf("%q: %v", duration, err)
		}
	}
}
