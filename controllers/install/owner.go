package install

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// own makes the namespace an owner of the object, in place of an earlier namespace of the name; false if it is one. It does
// not block the namespace's deletion, for which a right would be needed: whatever keeps a namespace from going must not
// keep its webhooks.
func own(object client.Object, namespace *corev1.Namespace) bool {
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: namespace.Name, UID: namespace.UID}
	owners := object.GetOwnerReferences()
	if slices.Contains(owners, owner) {
		return false
	}
	owners = slices.DeleteFunc(owners, func(o metav1.OwnerReference) bool { return o.APIVersion == owner.APIVersion && o.Kind == owner.Kind })
	object.SetOwnerReferences(append(owners, owner))
	return true
}

// disown gives up the ownership of the fields that were set here. Helm applies server-side, and would otherwise refuse the
// next upgrade or rollback whose failurePolicy differs from what was set: "conflict with gatehouse-install". What stands is
// not touched, only whose it is.
func (a *activation) disown(ctx context.Context) error {
	for _, config := range []client.Object{
		&admissionregistrationv1.MutatingWebhookConfiguration{}, &admissionregistrationv1.ValidatingWebhookConfiguration{},
	} {
		if err := a.read(ctx, config); err != nil {
			return err
		}
		others := slices.DeleteFunc(slices.Clone(config.GetManagedFields()), func(f metav1.ManagedFieldsEntry) bool { return f.Manager == manager })
		if len(others) == len(config.GetManagedFields()) {
			continue
		}
		patch, err := json.Marshal([]map[string]any{
			{"op": "replace", "path": "/metadata/managedFields", "value": others},
			{"op": "replace", "path": "/metadata/resourceVersion", "value": config.GetResourceVersion()},
		})
		if err != nil {
			return final{err}
		}
		if err := a.Patch(ctx, config, client.RawPatch(types.JSONPatchType, patch)); err != nil {
			return fmt.Errorf("the fields of %s: %w", a.configurations, err)
		}
	}
	return nil
}
